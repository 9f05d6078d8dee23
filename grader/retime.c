/* What of a grading's measurements is its check: everything up to the end of the first job. */
#include "grader/retime.h"

#include "grader/store_queue.h"

#include <string.h>

static struct err check_of(const struct buf *events, struct buf *out);

bool retime_is_due(const struct report *report)
{
    if (report->stage != STAGE_GRADED)
        return false;
    for (int i = 0; i < report->spec->cases_count; i++)
        if (report->has_timed[i] && report->timed[i].measured && report->timed[i].noisy)
            return true;
    /* Right, of a class with a target, and checked where the machine did not trust its clock. */
    const bool doubted = report->has_hello && !report->hello.ranked && report->target > 1 &&
                         report_all_correct(report);
    return doubted || strcmp(report->code, REPORT_TIMING_FAILED) == 0;
}

struct err retime_ask(struct db *db, const struct retime_wish *wish, const char **out_code)
{
    struct submission_row row;
    struct grading_row grading;
    auto_buf struct buf events = buf_of(STORE_EVENTS_MAX);
    int64_t count = 0;
    bool is_running = false, is_found = false;

    *out_code = NULL;
    memset(&row, 0, sizeof row);
    struct err err = store_retimes(db, wish->submission_id, &count, &is_running);
    if (!err_is(err))
        err = store_submission_get(db, wish->submission_id, &row, &is_found);
    if (!err_is(err) && !is_found)
        err = err_make(ERR_INPUT, "no submission %lld", (long long)wish->submission_id);
    if (err_is(err))
        return err;
    if (is_running)
        *out_code = "http_409_retime_runs";
    else if (count >= wish->most)
        *out_code = "http_409_retime_often";
    else if (strcmp(wish->spec_hash, row.measured_hash) != 0)
        *out_code = "http_409_retime_version";
    if (*out_code != NULL)
        return err;
    err = store_grading_get(db, row.id, row.generation, &grading, &events, &is_found);
    return err_is(err) ? err : retime_start(db, &row, &events, wish->actor, wish->now_at);
}

struct err retime_start(struct db *db, const struct submission_row *row, const struct buf *events,
                        const char *actor, int64_t now_at)
{
    auto_buf struct buf check = buf_of(events->size + 1);
    struct err err = check_of(events, &check);
    if (!err_is(err))
        err = store_retime(db, row->id, check.at, actor, now_at);
    return err_is(err) ? err : store_changes_count(db);
}

static struct err check_of(const struct buf *events, struct buf *out)
{
    for (size_t at = 0; at < events->size;) {
        const char *end = memchr(events->at + at, '\n', events->size - at);
        size_t length = end != NULL ? (size_t)(end - (events->at + at)) : events->size - at;
        struct event event;
        struct err err = wire_get_event(&event, events->at + at, length);
        bool over = !err_is(err) && event.kind == EVENT_DONE;
        bool good = over && event.done.outcome == OUTCOME_CHECKED;
        event_release(&event);
        if (err_is(err))
            return err;
        buf_append(out, events->at + at, length);
        buf_append(out, "\n", 1);
        at += length + 1;
        if (over)
            return good && !out->failed ? err_none()
                                        : err_make(ERR_INPUT, "no check that a timing may follow");
    }
    return err_make(ERR_INPUT, "no check that a timing may follow");
}
