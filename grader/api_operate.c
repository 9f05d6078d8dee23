/* For operators: counters, the description of the interface, health. */
#include "grader/api.h"
#include "grader/metrics_queue.h"
#include "grader/openapi.h"
#include "grader/routes.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int64_t resident_bytes(void);
static int64_t open_files(void);

#define ANSWER_MAX (1 << 20)
#define METRICS_TEXT "text/plain; version=0.0.4; charset=utf-8"

/* Figures of a course are not for everybody: a TA's token, or an admin's. */
void metrics_handle(struct http_request *request)
{
    const struct grader *grader = api_grader(request);
    struct membership who;
    struct buf body;

    if (!api_who(request, &who))
        return;
    struct submissions_stats stats = submissions_stats(grader->submissions);
    struct writer_stats writer = writer_stats(grader->writer);
    const struct metrics_now now = {.queued = stats.queued,
                                    .running = stats.running,
                                    .workers_ready = stats.workers_ready,
                                    .workers_all = stats.workers_all,
                                    .commits = writer.commits,
                                    .writes = writer.writes,
                                    .write_failures = writer.failures,
                                    .commit = writer.took,
                                    .started_at = grader->started_at,
                                    .resident_bytes = resident_bytes(),
                                    .open_files = open_files()};
    buf_init(&body, ANSWER_MAX);
    metrics_text(&body, &grader->metrics, &now);
    metrics_queue_text(&body, &stats);
    api_answer(request, 200, METRICS_TEXT, &body, NULL);
    buf_release(&body);
}

static int64_t resident_bytes(void)
{
    char line[128] = "";
    FILE *file = fopen("/proc/self/statm", "re");

    if (!file)
        return 0;
    const char *second = fgets(line, sizeof line, file) ? strchr(line, ' ') : NULL;
    (void)fclose(file); /* only read */
    return second ? strtoll(second, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

static int64_t open_files(void)
{
    int64_t count = 0;
    DIR *folder = opendir("/proc/self/fd");

    if (!folder)
        return 0;
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        count += entry->d_name[0] != '.';
    (void)closedir(folder); /* only read */
    return count;
}

void openapi_handle(struct http_request *request)
{
    static const struct http_field fields[] = {{"Cache-Control", "public, max-age=60"},
                                               {NULL, NULL}};
    struct buf body;

    buf_init(&body, ANSWER_MAX);
    openapi_json(&body, api_grader(request)->routes, api_grader(request)->base_url);
    api_answer(request, 200, API_JSON, &body, fields);
    buf_release(&body);
}

void healthz_handle(struct http_request *request)
{
    http_answer(request, 200, API_TEXT, "ok\n", 3, NULL);
}

/* Ready: it accepts, the disk takes what is accepted, and somebody is there to grade. */
void readyz_handle(struct http_request *request)
{
    const struct grader *grader = api_grader(request);
    struct submissions_stats stats = submissions_stats(grader->submissions);
    char words[160];

    const char *why = grader->stopping                       ? "stopping"
                      : writer_stats(grader->writer).failing ? "the disk takes no writes"
                      : stats.workers_ready == 0             ? "no worker is ready"
                                                             : NULL;
    int size =
        snprintf(words, sizeof words, "%s\nworkers %zu of %zu ready, %zu queued, %zu running\n",
                 why != NULL ? why : "ok", stats.workers_ready, stats.workers_all, stats.queued,
                 stats.running);
    int code = why != NULL ? 503 : 200;
    http_answer(request, code, API_TEXT, words, (size_t)size, NULL);
}
