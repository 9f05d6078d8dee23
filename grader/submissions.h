/* The life of a submission from the accepted file to the report: DESIGN section 4. Owns queue, pool
 * of workers and the reports under way; all on the loop thread.
 *
 * Invariants: nobody is told "accepted" before COMMIT; a grading is written by one transaction,
 * keyed by (submission, generation); what was queued or running when the process died is queued
 * again. */
#ifndef GRADER_SUBMISSIONS_H
#define GRADER_SUBMISSIONS_H

#include "grader/estimate.h"
#include "grader/pool.h"
#include "grader/queue.h"
#include "grader/report.h"
#include "grader/store.h"
#include "sandbox/base/list.h"

#include <uv.h>

struct grader; /* grader/grader.h */
struct submissions;

/* What grader/serve.c decides. */
struct submissions_settings {
    int64_t rate_count, rate_window_s, practice_rate_count; /* of one person */
    int64_t queue_max;
    int64_t workers;
    const char *worker_program, *worker_backend, *worker_cache, *worker_calibration,
        *worker_timing_lock, *worker_gpu, *worker_overlay; /* borrowed for good */
    int64_t worker_silence_ms, worker_lease_ms;
    int64_t regrade_slots;
};

/* Reads back what was left over, starts the workers. grader's reader, writer, specs and home are
 * set. */
struct err submissions_start(struct submissions **out, struct grader *grader,
                             const struct submissions_settings *settings);

/* Gives nothing out any more. Workers finish what they hold unless `now`; may be called again with
 * `now`. closed is called once, when no worker and no write is left. */
void submissions_stop(struct submissions *submissions, bool now, void (*closed)(void *context),
                      void *context);

/* After `closed`: forgets the lives that are still in the database. */
void submissions_free(struct submissions *submissions);

/* What a handler asks for. Everything is copied. */
struct submission_wish {
    struct membership who;
    char assignment[SPEC_NAME_MAX];
    enum device device;
    bool practice;
    char file_name[64];            /* "" becomes ASSIGNMENT.c or .cu */
    char commit[STORE_COMMIT_MAX]; /* of a git push, "" for none */
    const char *source;
    size_t source_size;
    int64_t received_at;
    enum language language; /* of a refusal */
};

/* The source itself: may it be stored at all? ERR_INPUT / ERR_LIMIT with a refusal code of
 * grader/words.h ("http_413", "http_422_nul", "http_422_utf8", "http_400_empty") in out_code and
 * the byte offset. Pure; used by `try` too. */
struct source_verdict {
    int http_code;    /* 0: fine */
    const char *code; /* of grader/words.h */
    size_t offset;
};
struct source_verdict submission_check_source(const char *source, size_t size, int64_t max_bytes);

/* Why a wish may not be granted now, or 0: looked at with the headers alone (role, offering, dates,
 * attempts, rate), and once more inside the transaction. A 503 is noted: the deadline of whoever
 * meets it is held open (grader/held.h). */
struct refusal {
    int http_code;         /* 0: granted; 403, 404, 409, 429, 503 */
    char text[320];        /* the line of INTERFACE 3.7, without the number */
    int64_t retry_after_s; /* 0: absent */
};
struct refusal submissions_may(struct submissions *submissions, const struct membership *who,
                               const char *assignment, bool practice, int64_t received_at,
                               enum language language);

/* Told once, on the loop thread, after COMMIT, or after it failed: refusal.http_code is 503 then.
 * Told from inside submissions_accept only when nothing can be tried: stopping, out of memory. */
struct accepted {
    struct refusal refusal;
    int64_t id;
    bool existing; /* the same bytes were here before: id is that one's */
};
typedef void (*accepted_fn)(void *context, const struct accepted *accepted);
void submissions_accept(struct submissions *submissions, const struct submission_wish *wish,
                        accepted_fn done, void *context);

/* Watching one submission: `changed` is called on the loop thread after each change of its report,
 * never from inside submissions_watch; the report is borrowed for the call. Once its stage is final
 * no more calls come. `left` (may be NULL) is the last call where the service ends first: what is
 * not final goes on at the next start. */
struct watch {
    void (*changed)(struct watch *watch, const struct report *report);
    void (*left)(struct watch *watch, const struct report *report);
    struct list link; /* private */
};
/* False: it is not under way (final already, or unknown): read it with submissions_report. */
bool submissions_watch(struct submissions *submissions, int64_t id, struct watch *watch);
void submissions_unwatch(struct watch *watch); /* twice is fine */

/* The report as it stands: of one under way, or rebuilt from the database. The caller releases and
 * frees it with submissions_report_free. *out_found false: there is no such submission. `row` may
 * be NULL. */
struct err submissions_report(struct submissions *submissions, int64_t id, struct report **out,
                              struct submission_row *out_row, bool *out_found);
void submissions_report_free(struct report *report);

/* For /metrics, /healthz. Counters since the start. */
struct submissions_counters {
    uint64_t accepted, repeated; /* new ones; the same bytes again */
    uint64_t finished;           /* ended in a final stage */
    uint64_t superseded, parked; /* of those */
    uint64_t retried; /* runs that ended in no answer, by no fault of theirs: queued again */
    uint64_t adopted; /* jobs found in the database that nobody here knew of */
};
struct submissions_stats {
    size_t queued, running, workers_ready, workers_all;
    size_t waiting[QUEUE_CLASS_COUNT]; /* by class; queue_class_word has their names */
    int64_t oldest_wait_ms;            /* of what waits now */
    struct submissions_counters counters;
    /* Waits that were foretold when they began and are over: how far off the words were. */
    struct estimate estimate;
    struct pool_stats workers;
    size_t worker_states[SEAT_STATE_COUNT];
};
struct submissions_stats submissions_stats(const struct submissions *submissions);
/* False once workers are here and none of them compiles CUDA: a .cu file could only fail. */
bool submissions_may_compile_cuda(const struct submissions *submissions);

#endif
