/* Counters, and how Prometheus reads them. */
#include "grader/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on
#include <stdlib.h>
#include <string.h>

static struct metrics *metrics;
static struct buf text;

static int make(void **state)
{
    (void)state;
    metrics = calloc(1, sizeof *metrics);
    buf_init(&text, 1 << 20);
    return metrics ? 0 : -1;
}

static int drop(void **state)
{
    (void)state;
    free(metrics);
    buf_release(&text);
    return 0;
}

static const char *written(void)
{
    const struct metrics_now now = {
        .queued = 7, .workers_all = 2, .commit = {.counts = {0, 3}, .sum_us = 4500}};
    buf_clear(&text);
    metrics_text(&text, metrics, &now);
    assert_false(text.failed);
    return text.at;
}

static void has(const char *line)
{
    if (!strstr(written(), line))
        fail_msg("no line %s in\n%s", line, text.at);
}

static void a_stage_counts_once_it_is_left(void **state)
{
    struct metrics_clock clock = {0};
    (void)state;

    metrics_stage(metrics, &clock, STAGE_QUEUED, 1000000);
    metrics_stage(metrics, &clock, STAGE_QUEUED, 1500000);
    has("grader_stage_seconds_count{stage=\"queued\"} 0\n");
    metrics_stage(metrics, &clock, STAGE_COMPILING, 3000000);
    has("grader_stage_seconds_count{stage=\"queued\"} 1\n");
    has("grader_stage_seconds_sum{stage=\"queued\"} 2.000000\n");
    has("grader_stage_seconds_bucket{stage=\"queued\",le=\"1\"} 0\n");
    has("grader_stage_seconds_bucket{stage=\"queued\",le=\"2.5\"} 1\n");
    has("grader_stage_seconds_bucket{stage=\"queued\",le=\"+Inf\"} 1\n");
}

static void a_bound_belongs_to_its_bucket_and_no_time_is_negative(void **state)
{
    (void)state;
    metrics_took(&metrics->http, 1000);
    metrics_took(&metrics->http, 1001);
    metrics_took(&metrics->http, -5);
    metrics_took(&metrics->http, INT64_C(3600000000));
    has("grader_http_seconds_bucket{le=\"0.001\"} 2\n");
    has("grader_http_seconds_bucket{le=\"0.005\"} 3\n");
    has("grader_http_seconds_bucket{le=\"600\"} 3\n");
    has("grader_http_seconds_bucket{le=\"+Inf\"} 4\n");
    has("grader_http_seconds_count 4\n");
}

static void requests_are_counted_by_route_and_code(void **state)
{
    static const struct http_route route = {.method = "GET", .pattern = "/s/{id}"};
    (void)state;

    metrics_request(metrics, &route, 200, 10);
    metrics_request(metrics, &route, 200, 10);
    metrics_request(metrics, &route, 404, 10);
    metrics_request(metrics, NULL, 400, 10);
    has("grader_http_requests_total{method=\"GET\",route=\"/s/{id}\",code=\"200\"} 2\n");
    has("grader_http_requests_total{method=\"GET\",route=\"/s/{id}\",code=\"404\"} 1\n");
    has("grader_http_requests_total{method=\"\",route=\"\",code=\"400\"} 1\n");
}

static void the_table_of_requests_is_bounded(void **state)
{
    (void)state;
    for (int code = 0; code < METRICS_HTTP_ROWS + 50; code++)
        metrics_request(metrics, NULL, code, 1);
    assert_int_equal(metrics->requests_count, METRICS_HTTP_ROWS);
    has("grader_http_seconds_count 562\n");
}

/* Each sample belongs to the family announced before it, and no family is announced twice. */
static void the_text_is_one_that_prometheus_takes(void **state)
{
    char family[128] = "";
    char seen[64][128];
    size_t count = 0;
    (void)state;

    for (const char *line = written(); *line; line += strcspn(line, "\n") + 1) {
        if (strncmp(line, "# TYPE ", 7) == 0) {
            (void)snprintf(family, sizeof family, "%.*s", (int)strcspn(line + 7, " "), line + 7);
            for (size_t i = 0; i < count; i++)
                assert_string_not_equal(seen[i], family);
            (void)snprintf(seen[count++], sizeof seen[0], "%s", family);
        } else if (line[0] != '#') {
            assert_memory_equal(line, family, strlen(family));
        }
    }
    assert_true(count >= 15);
    has("grader_queue_jobs 7\n");
    has("grader_commit_seconds_bucket{le=\"0.005\"} 3\n");
    has("grader_commit_seconds_count 3\n");
    has("grader_commit_seconds_sum 0.004500\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stage_counts_once_it_is_left, make, drop),
        cmocka_unit_test_setup_teardown(a_bound_belongs_to_its_bucket_and_no_time_is_negative, make,
                                        drop),
        cmocka_unit_test_setup_teardown(requests_are_counted_by_route_and_code, make, drop),
        cmocka_unit_test_setup_teardown(the_table_of_requests_is_bounded, make, drop),
        cmocka_unit_test_setup_teardown(the_text_is_one_that_prometheus_takes, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
