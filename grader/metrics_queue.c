/* One row for each figure. */
#include "grader/metrics_queue.h"

#include "sandbox/base/err.h"

void metrics_queue_text(struct buf *out, const struct submissions_stats *stats)
{
    const struct submissions_counters *counters = &stats->counters;
    const struct estimate *estimate = &stats->estimate;
    const struct {
        const char *name, *kind, *help;
        double value;
    } rows[] = {
        {"grader_oldest_wait_seconds", "gauge", "longest wait of what is in line now",
         (double)stats->oldest_wait_ms / 1e3},
        {"grader_estimates_total", "counter", "waits that were foretold and are over",
         (double)estimate->count},
        {"grader_estimate_told_seconds_total", "counter", "what they were told", estimate->told_s},
        {"grader_estimate_waited_seconds_total", "counter", "what they waited", estimate->waited_s},
        {"grader_estimate_error_seconds_total", "counter", "by how much the words were off",
         estimate->error_s},
        {"grader_estimate_factor", "gauge", "correction of the model, learnt", estimate->factor},
        {"grader_submissions_accepted_total", "counter", "new files", (double)counters->accepted},
        {"grader_submissions_repeated_total", "counter", "the same bytes again",
         (double)counters->repeated},
        {"grader_runs_retried_total", "counter", "runs that ended in our own failure",
         (double)counters->retried},
        {"grader_jobs_adopted_total", "counter", "jobs found in the database",
         (double)counters->adopted},
        {"grader_worker_exits_total", "counter", "worker processes that ended",
         (double)stats->workers.exits},
        {"grader_worker_silent_total", "counter", "workers ended for silence",
         (double)stats->workers.silent},
        {"grader_worker_leases_over_total", "counter",
         "workers ended for one job that took too long", (double)stats->workers.leases_over},
        {"grader_worker_stray_events_total", "counter", "events of jobs that a worker did not hold",
         (double)stats->workers.stray},
    };

    buf_text(out, "# HELP grader_waiting jobs in line by class\n# TYPE grader_waiting gauge\n");
    for (enum queue_class class = 0; class < QUEUE_CLASS_COUNT; class ++)
        buf_printf(out, "grader_waiting{class=\"%s\"} %zu\n", queue_class_word(class),
                   stats->waiting[class]);
    buf_text(out, "# HELP grader_worker_state workers by what they do\n"
                  "# TYPE grader_worker_state gauge\n");
    for (enum seat_state state = 0; state < SEAT_STATE_COUNT; state++)
        buf_printf(out, "grader_worker_state{state=\"%s\"} %zu\n", seat_state_word(state),
                   stats->worker_states[state]);
    for (size_t i = 0; i < COUNT(rows); i++)
        buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", rows[i].name, rows[i].help,
                   rows[i].name, rows[i].kind, rows[i].name, rows[i].value);
}
