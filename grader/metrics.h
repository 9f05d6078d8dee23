/* What the service counts about itself, in Prometheus' text format. Pure: times come in as
 * arguments. All on the loop thread. */
#ifndef GRADER_METRICS_H
#define GRADER_METRICS_H

#include "grader/http.h"
#include "grader/metrics_histogram.h"
#include "grader/stage.h"
#include "sandbox/base/buf.h"
#include "worker/wire.h"

#define METRICS_STAGES (STAGE_CANCELLED + 1)
#define METRICS_VERDICTS (VERDICT_NOT_RUN + 1)
#define METRICS_HTTP_ROWS 512 /* pairs of route and code; what does not fit counts as the last */

/* All zero is empty. */
struct metrics {
    struct metrics_histogram stages[METRICS_STAGES]; /* time spent in each */
    struct metrics_histogram to_checked, to_end;     /* since the first byte arrived */
    uint64_t ended[METRICS_STAGES];                  /* submissions, by final stage */
    uint64_t verdicts[METRICS_VERDICTS];             /* cases of ended submissions */
    struct metrics_histogram http;
    struct {
        const struct http_route *route; /* NULL: none fitted */
        int code;
        uint64_t count;
    } requests[METRICS_HTTP_ROWS];
    size_t requests_count;
    int64_t streams; /* open event streams */
    uint64_t refused_tokens;
};

/* Since when something has been in its stage. */
struct metrics_clock {
    enum stage stage;
    int64_t since_us; /* monotonic; 0: not yet running */
};

/* Counts the time spent in the stage that was left, if it was left. */
void metrics_stage(struct metrics *metrics, struct metrics_clock *clock, enum stage stage,
                   int64_t now_us);

/* One answered request. */
void metrics_request(struct metrics *metrics, const struct http_route *route, int code,
                     int64_t took_us);

/* What others know at the moment of asking. */
struct metrics_now {
    size_t queued, running, workers_ready, workers_all;
    uint64_t commits, writes, write_failures;
    struct metrics_histogram commit;    /* how long each transaction took */
    int64_t started_at;                 /* UTC us */
    int64_t resident_bytes, open_files; /* 0: unknown */
};
void metrics_text(struct buf *out, const struct metrics *metrics, const struct metrics_now *now);

#endif
