/* Every setting of the service, from one table: file, environment, flags, `grader settings`. */
#ifndef GRADER_SERVE_SETTINGS_H
#define GRADER_SERVE_SETTINGS_H

#include "grader/git_place.h"
#include "grader/http.h"
#include "sandbox/base/settings.h"

struct serve_settings {
    struct http_settings http;
    bool allow_plain;
    char base_url[256];
    char database_path[1024];
    int64_t batch_max;
    char assignments_path[1024];
    char demo_path[1024];
    char backend[16];
    char cache_path[1024];
    char calibration_path[1024];
    char timing_lock[256];
    char worker_gpu[1024];
    int64_t workers;
    int64_t silence_ms, lease_ms;
    int64_t drain_ms;
    int64_t rate_count, rate_window_s, practice_rate_count;
    int64_t queue_max, regrade_slots;
    struct git_settings git;
};

extern const struct setting serve_setting_rows[];
extern const size_t serve_setting_count;

/* Defaults, then the file (GRADER_SETTINGS or grader.conf if there), environment and flags. Takes
 * the flags that it knows out of argv. `settings` keeps origins for `grader settings`; it borrows
 * `values`. */
struct err serve_settings_load(struct settings *settings, struct serve_settings *values, int *argc,
                               char **argv);

#endif
