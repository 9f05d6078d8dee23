/* Counting, and writing it down as Prometheus reads it: names end in their unit. */
#include "grader/metrics.h"

#include "sandbox/base/err.h"

#include <stdio.h>

static void put_family(struct buf *out, const char *name, const char *kind, const char *help);
static void put_histogram(struct buf *out, const char *name, const char *label, const char *value,
                          const struct metrics_histogram *histogram);
static void put_requests(struct buf *out, const struct metrics *metrics);
static void put_now(struct buf *out, const struct metrics *metrics, const struct metrics_now *now);

/* Upper bounds in microseconds: from an answer out of memory to a timing that waits its turn. */
static const int64_t bounds_us[METRICS_BUCKETS] = {1000,    5000,     10000,    25000,    50000,
                                                   100000,  250000,   500000,   1000000,  2500000,
                                                   5000000, 15000000, 60000000, 600000000};

void metrics_stage(struct metrics *metrics, struct metrics_clock *clock, enum stage stage,
                   int64_t now_us)
{
    if (clock->since_us != 0 && clock->stage == stage)
        return;
    if (clock->since_us != 0)
        metrics_took(&metrics->stages[clock->stage], now_us - clock->since_us);
    *clock = (struct metrics_clock){stage, now_us};
}

void metrics_took(struct metrics_histogram *histogram, int64_t took_us)
{
    size_t bucket = 0;

    if (took_us < 0)
        took_us = 0; /* the wall clock was set back */
    while (bucket < METRICS_BUCKETS && took_us > bounds_us[bucket])
        bucket++;
    histogram->counts[bucket]++;
    histogram->sum_us += (uint64_t)took_us;
}

void metrics_request(struct metrics *metrics, const struct http_route *route, int code,
                     int64_t took_us)
{
    size_t row = 0;

    metrics_took(&metrics->http, took_us);
    while (row < metrics->requests_count &&
           (metrics->requests[row].route != route || metrics->requests[row].code != code))
        row++;
    if (row == METRICS_HTTP_ROWS)
        row--;
    if (row == metrics->requests_count) {
        metrics->requests[row].route = route;
        metrics->requests[row].code = code;
        metrics->requests_count++;
    }
    metrics->requests[row].count++;
}

void metrics_text(struct buf *out, const struct metrics *metrics, const struct metrics_now *now)
{
    put_now(out, metrics, now);

    put_family(out, "grader_submissions_ended_total", "counter", "submissions by final stage");
    for (size_t i = STAGE_GRADED; i < METRICS_STAGES; i++)
        buf_printf(out, "grader_submissions_ended_total{stage=\"%s\"} %llu\n",
                   stage_word((enum stage)i), (unsigned long long)metrics->ended[i]);
    put_family(out, "grader_cases_total", "counter", "cases of ended submissions by verdict");
    for (size_t i = 0; i < METRICS_VERDICTS; i++)
        buf_printf(out, "grader_cases_total{verdict=\"%s\"} %llu\n", verdict_word((enum verdict)i),
                   (unsigned long long)metrics->verdicts[i]);

    put_family(out, "grader_stage_seconds", "histogram", "time that submissions spent in a stage");
    for (size_t i = STAGE_QUEUED; i < STAGE_GRADED; i++)
        put_histogram(out, "grader_stage_seconds", "stage", stage_word((enum stage)i),
                      &metrics->stages[i]);
    put_family(out, "grader_since_received_seconds", "histogram",
               "time from a file's first byte to its correctness points, and to its end");
    put_histogram(out, "grader_since_received_seconds", "until", "checked", &metrics->to_checked);
    put_histogram(out, "grader_since_received_seconds", "until", "end", &metrics->to_end);

    put_family(out, "grader_commit_seconds", "histogram",
               "time from BEGIN to the end of COMMIT of the writer");
    put_histogram(out, "grader_commit_seconds", NULL, NULL, &now->commit);
    put_family(out, "grader_http_seconds", "histogram", "time from a request to its end");
    put_histogram(out, "grader_http_seconds", NULL, NULL, &metrics->http);
    put_requests(out, metrics);
}

static void put_family(struct buf *out, const char *name, const char *kind, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void put_histogram(struct buf *out, const char *name, const char *label, const char *value,
                          const struct metrics_histogram *histogram)
{
    uint64_t sum = 0;
    char pair[64] = "";

    if (label)
        (void)snprintf(pair, sizeof pair, "%s=\"%s\"", label, value); /* words of ours: it fits */
    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        sum += histogram->counts[i];
        buf_printf(out, "%s_bucket{%s%sle=\"%g\"} %llu\n", name, pair, label ? "," : "",
                   (double)bounds_us[i] / 1e6, (unsigned long long)sum);
    }
    sum += histogram->counts[METRICS_BUCKETS];
    buf_printf(out, "%s_bucket{%s%sle=\"+Inf\"} %llu\n", name, pair, label ? "," : "",
               (unsigned long long)sum);
    const char *open = label ? "{" : "";
    const char *close = label ? "}" : "";
    buf_printf(out, "%s_sum%s%s%s %.6f\n", name, open, pair, close,
               (double)histogram->sum_us / 1e6);
    buf_printf(out, "%s_count%s%s%s %llu\n", name, open, pair, close, (unsigned long long)sum);
}

static void put_requests(struct buf *out, const struct metrics *metrics)
{
    put_family(out, "grader_http_requests_total", "counter", "answers by route and code");
    for (size_t i = 0; i < metrics->requests_count; i++) {
        const struct http_route *route = metrics->requests[i].route;
        buf_printf(out, "grader_http_requests_total{method=\"%s\",route=\"%s\",code=\"%d\"} %llu\n",
                   route ? route->method : "", route ? route->pattern : "",
                   metrics->requests[i].code, (unsigned long long)metrics->requests[i].count);
    }
}

static void put_now(struct buf *out, const struct metrics *metrics, const struct metrics_now *now)
{
    const struct {
        const char *name, *kind, *help;
        double value;
    } rows[] = {
        {"grader_queue_jobs", "gauge", "jobs that wait", (double)now->queued},
        {"grader_running_jobs", "gauge", "jobs that workers hold", (double)now->running},
        {"grader_workers_ready", "gauge", "workers that have said hello",
         (double)now->workers_ready},
        {"grader_workers", "gauge", "workers that there should be", (double)now->workers_all},
        {"grader_event_streams", "gauge", "open streams of events", (double)metrics->streams},
        {"grader_tokens_refused_total", "counter", "requests with a wrong token",
         (double)metrics->refused_tokens},
        {"grader_commits_total", "counter", "transactions of the writer", (double)now->commits},
        {"grader_writes_total", "counter", "writes within them", (double)now->writes},
        {"grader_write_failures_total", "counter", "writes that failed",
         (double)now->write_failures},
        {"process_start_time_seconds", "gauge", "start of the process, seconds since 1970",
         (double)now->started_at / 1e6},
        {"process_resident_memory_bytes", "gauge", "resident memory of the service",
         (double)now->resident_bytes},
        {"process_open_fds", "gauge", "open descriptors of the service", (double)now->open_files},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        put_family(out, rows[i].name, rows[i].kind, rows[i].help);
        buf_printf(out, "%s %.15g\n", rows[i].name, rows[i].value);
    }
}
