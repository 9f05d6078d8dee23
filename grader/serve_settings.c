/* The table of the service's settings. */
#include "grader/serve_settings.h"

#include <stdlib.h>
#include <unistd.h>

#define NUMBER(field) SETTING_NUMBER_AT(struct serve_settings, field)
#define FLAG(field) SETTING_FLAG_AT(struct serve_settings, field)
#define TEXT(field) SETTING_TEXT_AT(struct serve_settings, field)

/* clang-format off */
const struct setting serve_setting_rows[] = {
    /* name                       field                              unit     min  default       max  text              help */
    {"http.host",                 TEXT(http.host),                   "",        0,       0,        0, "127.0.0.1",      "address to listen on"},
    {"http.port",                 NUMBER(http.port),                 "port",    0,    8080,    65535, NULL,             "0 takes any free port"},
    {"http.allow_plain",          FLAG(allow_plain),                 "",        0,       0,        1, NULL,             "serve other machines without TLS in front"},
    {"http.base_url",             TEXT(base_url),                    "",        0,       0,        0, "",               "what people type; empty: from host and port"},
    {"http.connections",          NUMBER(http.connections_max),      "",       16,    4096,   100000, NULL,             "open connections, all together"},
    {"http.connections_per_ip",   NUMBER(http.connections_per_ip),   "",        4,    2048,   100000, NULL,             "a classroom may sit behind one address"},
    {"http.connection_memory",    NUMBER(http.memory_per_connection),"bytes",8192,   16384,  1048576, NULL,             "for the headers of one request"},
    {"http.idle",                 NUMBER(http.idle_ms),              "ms",    100,   30000,  3600000, NULL,             "without a byte before a connection ends"},
    {"http.request",              NUMBER(http.request_ms),           "ms",    100,   60000,  3600000, NULL,             "from the first byte to the last of a request"},
    {"http.stream_buffer",        NUMBER(http.stream_buffer_max),    "bytes",4096,  524288, 67108864, NULL,             "unread report before a client counts as gone"},
    {"database.path",             TEXT(database_path),               "",        0,       0,        0, "build/grader.db","on a local disk"},
    {"database.batch",            NUMBER(batch_max),                 "",        1,      64,     1024, NULL,             "writes that may share a commit"},
    {"assignments.path",          TEXT(assignments_path),            "",        0,       0,        0, "",               "folder whose assignments win over the shipped ones"},
    {"demo.path",                 TEXT(demo_path),                   "",        0,       0,        0, "",               "make a demo cohort; its netrc files go here"},
    {"worker.count",              NUMBER(workers),                   "",        0,       0,      256, NULL,             "local workers; 0: one for each core"},
    {"worker.backend",            TEXT(backend),                     "",        0,       0,        0, "auto",           "sandbox: auto, cgroup-v2, cgroup-v1, rlimits"},
    {"worker.cache",              TEXT(cache_path),                  "",        0,       0,        0, "",               "folder of the compile cache; empty: none"},
    {"worker.calibration",        TEXT(calibration_path),            "",        0,       0,        0, "build/calibration.json", "what a worker's test of this machine found; empty: none is made"},
    {"worker.timing_lock",        TEXT(timing_lock),                 "",        0,       0,        0, "/tmp/kernel-grader-timing.lock", "one timing at a time for all that name this file; whoever can read it can hold it"},
    {"worker.gpu",                TEXT(worker_gpu),                  "",        0,       0,        0, "auto",           "GPU: auto, none, a number, or a file that lists nodes and libraries (sandbox/gpu.h)"},
    {"worker.silence",            NUMBER(silence_ms),                "ms",   1000,  120000,  3600000, NULL,             "between two signs of life of a running job"},
    {"worker.lease",              NUMBER(lease_ms),                  "ms",   1000,  900000, 86400000, NULL,             "for one job, however much its worker talks"},
    {"service.drain",             NUMBER(drain_ms),                  "ms",      0,   20000,  3600000, NULL,             "for running jobs after SIGTERM"},
    {"rate.submissions",          NUMBER(rate_count),                "",        1,      20,  1000000, NULL,             "of one person within rate.window"},
    {"rate.practice",             NUMBER(practice_rate_count),       "",        1,      60,  1000000, NULL,             "practice runs of one person within rate.window"},
    {"rate.window",               NUMBER(rate_window_s),             "s",       1,     600,    86400, NULL,             "that rate.submissions and rate.practice count in"},
    {"queue.max",                 NUMBER(queue_max),                 "",        1,    2000,   100000, NULL,             "waiting submissions before 503"},
    {"queue.regrade_slots",       NUMBER(regrade_slots),             "",       -1,      -1,      256, NULL,             "workers that regrades have before live work; -1: one of four or more"},
    {"git.path",                  TEXT(git.path),                    "",        0,       0,        0, "",               "folder of the students' repositories; empty: git/ beside the database"},
    {"git.children",              NUMBER(git.children_max),          "",        1,      32,     1024, NULL,             "pushes and fetches at once before 503"},
    {"git.wall",                  NUMBER(git.wall_ms),               "ms",   1000,  120000,  3600000, NULL,             "for one push or fetch, its reports included"},
    {"git.wait",                  NUMBER(git.wait_s),                "s",       0,      60,     3600, NULL,             "that a push waits for its reports, then their links"},
    {"git.push",                  NUMBER(git.push_max),              "bytes",4096, 16777216, GIT_PUSH_MAX, NULL,       "of one push"},
    {"git.free",                  NUMBER(git.free_min),              "bytes",   0,1073741824, 1099511627776, NULL,      "that a push leaves on the disk; below: 503"},
    {"git.repository",            NUMBER(git.repository_max),        "bytes",65536, 67108864, 4294967296, NULL,        "of one student's repository"},
};
/* clang-format on */
const size_t serve_setting_count = sizeof serve_setting_rows / sizeof serve_setting_rows[0];

struct err serve_settings_load(struct settings *settings, struct serve_settings *values, int *argc,
                               char **argv)
{
    const char *file = getenv("GRADER_SETTINGS");
    struct err err =
        settings_init(settings, serve_setting_rows, serve_setting_count, values, "GRADER_");
    if (err_is(err))
        return err;
    return settings_load(settings, file != NULL ? file : "grader.conf", file != NULL,
                         (const char *const *)environ, argc, argv);
}
