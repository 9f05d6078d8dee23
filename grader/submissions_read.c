/* Reading a submission: the report of one under way, or one rebuilt from the database, with what it
 * says of earlier ones. */
#include "grader/life.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"

#include <stdlib.h>

static void fill_history(struct grader *grader, const struct submission_row *row,
                         struct report *report);
static void fill_place(struct grader *grader, const struct submission_row *row,
                       struct report *report);

/* A regrade is nobody's news: until a TA has applied it, the grading that counts is shown. */
struct life *life_shown(struct submissions *submissions, int64_t id)
{
    struct life *life = life_find(submissions, id);
    return life != NULL && life->job.generation == life->row.generation ? life : NULL;
}

struct err submissions_report(struct submissions *submissions, int64_t id, struct report **out,
                              struct submission_row *out_row, bool *out_found)
{
    struct grader *grader = submissions->grader;
    struct submission_row row;
    struct err err = store_submission_get(&grader->reader, id, &row, out_found);
    if (err_is(err) || !*out_found)
        return err;
    /* Of one under way, what its worker has said so far; else what is stored, which is read with
     * the version that it was measured under. */
    const struct life *life = life_shown(submissions, id);
    const struct spec *spec = life != NULL
                                  ? life->report->whole
                                  : versions_find(&grader->versions, &grader->reader, grader->specs,
                                                  grader->specs_count, row.measured_hash);
    if (spec == NULL)
        spec = grader_spec(grader, row.assignment); /* of a time when no version was kept */
    if (spec == NULL)
        return err_make(ERR_INTERNAL, "the assignment '%s' is no longer here", row.assignment);

    struct grading_row grading = {.stage = row.stage};
    auto_buf struct buf events = buf_of(STORE_EVENTS_MAX);
    if (life != NULL) {
        buf_append(&events, life->kept.at, life->kept.size);
        buf_append(&events, life->fresh.at, life->fresh_shown);
    } else {
        bool found = false;
        err = store_grading_get(&grader->reader, id, row.generation, &grading, &events, &found);
        if (err_is(err))
            return err;
    }
    struct report *report = report_from_row(spec, &row, events.at, events.size);
    if (report == NULL)
        return err_make(ERR_SYSTEM, "read submission %lld", (long long)id);
    report->stage = life != NULL ? life->report->stage : grading.stage;
    report->queue_position = life != NULL ? life->report->queue_position : 0;
    report->queue_estimate_s = life != NULL ? life->report->queue_estimate_s : 0;
    if (life == NULL && grading.code[0] != 0) {
        (void)text_copy(report->code, sizeof report->code, grading.code);
        (void)text_copy(report->message, sizeof report->message, grading.message);
    }
    fill_history(grader, &row, report);
    if (out_row != NULL)
        *out_row = row;
    *out = report;
    return err_none();
}

void submissions_report_free(struct report *report)
{
    if (report == NULL)
        return;
    report_release(report);
    free(report);
}

/* What a report says of earlier ones. Without it the report still stands. */
static void fill_history(struct grader *grader, const struct submission_row *row,
                         struct report *report)
{
    struct db *db = &grader->reader;
    if (row->practice)
        return;
    struct err err =
        store_best_before(db, row->membership_id, row->offering_id, row->id, &report->best_before);
    if (!err_is(err))
        err = store_attempt_number(db, row->membership_id, row->offering_id, row->id,
                                   &report->attempt, &report->attempts_used);
    if (err_is(err))
        log_err("report.history", err);
    fill_place(grader, row, report);
}

/* The board may be a second old: this run is counted in. */
static void fill_place(struct grader *grader, const struct submission_row *row,
                       struct report *report)
{
    const struct board *board = NULL;
    if (row->review || row->unseen || grader->boards == NULL || !report->points.has_speed ||
        !report->has_hello)
        return;
    struct err err = boards_get(grader->boards, row->offering_id, &board);
    if (err_is(err)) {
        log_err("report.place", err);
        return;
    }
    struct board_run run = {.membership_id = row->membership_id,
                            .submission_id = row->id,
                            .speedup = report->points.speedup,
                            .low = report->points.low,
                            .high = report->points.high,
                            .received_at = row->received_at};
    (void)text_copy(run.class_name, sizeof run.class_name, report->hello.class_name); /* fits */
    struct board_place place = board_place(board, &run);
    report->rank = place.rank;
    report->rank_of = place.of;
    report->rank_shared = place.shared;
}

void life_history(struct life *life)
{
    fill_history(life->submissions->grader, &life->row, life->report);
}
