/* One grading as people see it: measurements of the worker folded together with who, when and
 * points. The same struct behind `try`, the service and a regrade; rendered as JSON and as text.
 * Pure: no database, no clock, no sockets.
 *
 * Life: 1. report_init  2. set the public fields that are known  3. report_apply for each event, in
 * the order in which they came; report_score after any of them  4. report_json, report_text_*  5.
 * report_release. Applying stored events again rebuilds the same report: that is how one is read
 * back. */
#ifndef GRADER_REPORT_H
#define GRADER_REPORT_H

#include "assignments/rubric.h"
#include "assignments/spec.h"
#include "grader/stage.h"
#include "sandbox/base/buf.h"
#include "worker/wire.h"

/* `code` of a grading whose timing failed on our side as often as it is tried: graded, with its
 * correctness points, while the speed waits for a TA. */
#define REPORT_TIMING_FAILED "timing_failed"

enum language { LANGUAGE_EN, LANGUAGE_ZH };

/* Who reads: students never see what is hidden. */
struct report_view {
    bool everything; /* a TA: hidden cases in full */
    enum language language;
};

struct report {
    const struct spec *spec;  /* of its device: borrowed, or on_gpu */
    const struct spec *whole; /* as it was given; borrowed */
    struct spec *on_gpu;      /* owned; NULL for a processor */
    int64_t id;               /* 0: none (try) */
    enum device device;
    enum stage stage;
    char code[32];     /* stable name beside message, "" for none */
    char message[240]; /* one sentence: why not graded */
    bool practice;
    bool review;    /* a TA must look: no rank until then */
    bool held;      /* the grade is held back until a TA has looked */
    bool no_timing; /* `try --no-timing`, or a class without a target and no wish to time */
    char only_case[SPEC_NAME_MAX];
    char file_name[64];
    char commit[65];                                  /* of a git push, "" for none */
    char cohort[SPEC_NAME_MAX], login[SPEC_NAME_MAX]; /* "": offline */
    int64_t attempt;                                  /* 0: not counted */
    int64_t attempts_max;                             /* 0: without limit */
    int64_t attempts_used;       /* before or with this one, as the grader counts; -1: unknown */
    int64_t received_at, due_at; /* UTC us; 0: none */
    int64_t late_seconds;
    int zone_minutes, due_zone_minutes; /* east of UTC at those times, for the text */
    char url[128];                      /* "/s/1841"; "" offline */
    int64_t queue_position;             /* 1 = next; 0: not queued */
    int64_t queue_estimate_s;
    char seed_commitment[65];
    int64_t split;                      /* of 100 points, for correctness; -1: as the spec has it */
    double target;                      /* frozen speed target of the class; 0: not calibrated */
    int64_t best_before;                /* hundredths; -1: none */
    int64_t rank, rank_of, rank_shared; /* 0: unknown */

    /* filled by report_apply */
    bool has_hello, has_compiled, has_done, checking_done, timing_done;
    struct wire_hello hello;
    struct wire_compiled compiled;
    struct wire_done done;
    bool incomplete; /* no memory for an event: its end counts as a system error */
    bool has_case[SPEC_CASES_MAX];
    struct wire_case *cases; /* spec->cases_count; NULL until the first event of a case */
    bool has_finding;
    struct wire_finding finding; /* why one of the cases failed, by a diagnosis build */
    bool has_timed[SPEC_CASES_MAX];
    struct wire_timed *timed; /* the same; many reports wait for their first event at once */

    /* filled by report_score */
    char beyond[160]; /* why a TA must look: faster than the machine can be; "" for nothing */
    struct rubric_result points; /* see assignments/rubric.h */
};

/* An empty report of `spec`, which is borrowed; and back to that, freeing what it owns. */
void report_init(struct report *report, const struct spec *spec);

/* Whose cases it counts; before the first event. Without memory the report is incomplete, which is
 * our failure. */
void report_device(struct report *report, enum device device);
void report_release(struct report *report);

/* Folds one event in and moves `stage` on; takes what the event owns (the event is empty then).
 * Events that do not fit (index out of range, a case twice) are ignored: a worker that vanished
 * half way is repeated, and the last word on a case wins. */
void report_apply(struct report *report, struct event *event);

/* Computes points from what is there. Cheap. */
void report_score(struct report *report);

/* True when every correctness group passed: timing is due. */
bool report_all_correct(const struct report *report);

/* True while a second job is due: right, wanted, this worker may measure, and its class has a
 * target (a class without one is graded for correctness only). The owner of the report
 * sets `stage` to STAGE_GRADED when nothing more will come. */
bool report_wants_timing(const struct report *report);

/* True if the grading has a score: not for a practice run, a single case, or a final stage other
 * than graded. */
bool report_has_score(const struct report *report);

/* Exit code of `try`: DESIGN section 8. */
int report_exit_code(const struct report *report);

/* The JSON object of DESIGN section 8 and INTERFACE, no line feed at the end. */
void report_json(struct buf *out, const struct report *report, const struct report_view *view);

/* The text report of INTERFACE, in the order of a life: each call appends what has become certain
 * since the last one, so a stream and a finished report are the same code. `live` adds the queue
 * position and a line that names each case as it ends. The very last line begins with "Score" or
 * "No score". */
struct report_text {
    int part;       /* private: next part to write */
    int cases_told; /* private */
    int timed_told; /* private */
    int column;     /* private */
    int lines;      /* private: written so far, for the budget of 25 */
    bool live;
    int64_t position_told;
};
void report_text_next(struct report_text *cursor, struct buf *out, const struct report *report,
                      const struct report_view *view);

/* All of it at once, as /s/{id}.txt shows it. */
void report_text(struct buf *out, const struct report *report, const struct report_view *view);

/* The page /s/{id}/speed and `try --speed`: how the speed points came about. The last line begins
 * with "Speed" or "No speed". */
void report_speed_text(struct buf *out, const struct report *report,
                       const struct report_view *view);

#endif
