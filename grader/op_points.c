/* `regrade --points-only`: points again from what was measured, under the assignment as it is
 * installed now, its frozen targets and the offering's split. Nothing runs. */
#include "grader/life.h"
#include "grader/operations.h"
#include "grader/store_regrade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct points;
static void add_id(void *context, int64_t id);
static struct err one(struct points *points, int64_t id);
static bool translate(const struct buf *events, enum device device, const struct spec *from,
                      const struct spec *to, struct buf *out);
static bool move_index(struct event *event, const struct spec *from, const struct spec *to);
static bool is_complete(const struct report *before, const struct report *after);
static void add_row(struct points *points, const struct submission_row *row, int64_t before,
                    int64_t after);

#define IDS_MAX ((size_t)1 << 20)

struct points {
    struct operation_call *call;
    const struct spec *spec;
    struct versions versions; /* of this thread */
    struct buf ids;           /* of int64_t */
    int64_t gain, lose, same, missing;
};

struct err op_points(struct operation_call *call, const struct cohort_row *cohort,
                     const struct offering *offering)
{
    static const struct reply_column columns[] = {
        {"submission", REPLY_INTEGER}, {"login", REPLY_TEXT},        {"before", REPLY_HUNDREDTHS},
        {"after", REPLY_HUNDREDTHS},   {"change", REPLY_HUNDREDTHS}, {NULL, REPLY_TEXT}};
    struct points points = {.call = call};
    points.spec = spec_find(call->specs, call->specs_count, offering->assignment);
    if (points.spec == NULL)
        return call_refuse(call, 409, "%s is not installed here", offering->assignment);
    buf_init(&points.ids, IDS_MAX * sizeof(int64_t));
    reply_table(&call->reply, columns);
    auto_buf struct buf counting = buf_of(REGRADE_COUNTING_BYTES);
    struct regrade_choice choice = {.offering_id = offering->id,
                                    .which =
                                        (enum regrade_which)call_word(call, "which", REGRADE_ALL)};
    struct err err = op_regrade_choose(call, cohort, &choice, &counting);
    if (!err_is(err))
        err = store_regrade_pick(call->db, &choice, add_id, &points);
    if (!err_is(err) && points.ids.failed)
        err = err_make(ERR_LIMIT, "more than %zu submissions at once", IDS_MAX);
    for (size_t at = 0; at < points.ids.size && !err_is(err); at += sizeof(int64_t)) {
        int64_t id = 0;
        memcpy(&id, points.ids.at + at, sizeof id);
        err = one(&points, id);
    }
    buf_release(&points.ids);
    versions_release(&points.versions);
    if (err_is(err))
        return err;
    reply_note(&call->reply, "%lld gain, %lld lose, %lld stay%s", (long long)points.gain,
               (long long)points.lose, (long long)points.same, points.missing > 0 ? ";" : ".");
    if (points.missing > 0)
        reply_note(&call->reply,
                   "%lld keep their points: the assignment asks for a case by now that was never "
                   "measured for them. To measure it: grader regrade %s %s",
                   (long long)points.missing, call_text(call, "cohort"), offering->assignment);
    if (points.gain + points.lose + points.same + points.missing == 0)
        return call_refuse(call, 409, "none is graded, or all are under way");
    return err_none();
}

static void add_id(void *context, int64_t id)
{
    buf_append(&((struct points *)context)->ids, &id, sizeof id);
}

static struct err one(struct points *points, int64_t id)
{
    struct operation_call *call = points->call;
    struct submission_row row;
    struct grading_row grading = {.score = -1};
    auto_buf struct buf events = buf_of(STORE_EVENTS_MAX);
    auto_buf struct buf moved = buf_of(STORE_EVENTS_MAX);
    bool found = false;
    struct err err = store_submission_get(call->db, id, &row, &found);
    if (!err_is(err) && found)
        err = store_grading_get(call->db, id, row.generation, &grading, &events, &found);
    if (err_is(err) || !found)
        return err;
    const struct spec *old = versions_find(&points->versions, call->db, call->specs,
                                           call->specs_count, row.measured_hash);
    if (old == NULL || !translate(&events, row.device, old, points->spec, &moved)) {
        points->missing++;
        return err_none();
    }
    struct report *before = report_from_row(old, &row, events.at, events.size);
    err = store_submission_rules(call->db, &row);
    if (err_is(err)) {
        submissions_report_free(before);
        return err;
    }
    struct report *after = report_from_row(points->spec, &row, moved.at, moved.size);
    if (before == NULL || after == NULL)
        err = err_make(ERR_SYSTEM, "no memory for a report");
    else if (!is_complete(before, after))
        points->missing++;
    else {
        bool same = after->points.score == grading.score && old == points->spec;
        add_row(points, &row, grading.score, after->points.score);
        if (!same)
            err = store_regrade_points(call->db, &row, &grading, after, moved.at, call->actor,
                                       call->now_at);
    }
    submissions_report_free(before);
    submissions_report_free(after);
    return err;
}

/* Measurements name cases by their place in the version they were taken under. */
static bool translate(const struct buf *events, enum device device, const struct spec *from,
                      const struct spec *to, struct buf *out)
{
    auto_free struct spec *views = device == DEVICE_GPU ? malloc(2 * sizeof *views) : NULL;
    bool good = device != DEVICE_GPU || views != NULL;
    if (views != NULL) {
        spec_for_gpu(&views[0], from);
        spec_for_gpu(&views[1], to);
        from = &views[0];
        to = &views[1];
    }
    for (size_t at = 0; at < events->size && good;) {
        const char *end = memchr(events->at + at, '\n', events->size - at);
        size_t length = end != NULL ? (size_t)(end - (events->at + at)) : events->size - at;
        struct event event;
        struct err err = wire_get_event(&event, events->at + at, length);
        if (!err_is(err) && move_index(&event, from, to)) {
            err = wire_event_json(out, &event);
            buf_append(out, "\n", 1);
        }
        good = !err_is(err) && !out->failed;
        event_release(&event);
        at += length + 1;
    }
    return good && events->size > 0;
}

/* False: the case is no more. */
static bool move_index(struct event *event, const struct spec *from, const struct spec *to)
{
    int *index = event->kind == EVENT_CASE      ? &event->one.index
                 : event->kind == EVENT_FINDING ? &event->finding.index
                 : event->kind == EVENT_TIMED   ? &event->timed.index
                                                : NULL;
    if (index == NULL)
        return true;
    if (*index >= from->cases_count)
        return false;
    *index = spec_case_index(to, from->cases[*index].name);
    if (event->kind == EVENT_TIMED)
        event->timed.check.index = *index;
    return *index >= 0;
}

/* Every case that counts now was measured; the clock too, where it was asked before. */
static bool is_complete(const struct report *before, const struct report *after)
{
    const struct spec *spec = after->spec;
    for (int i = 0; i < spec->cases_count; i++) {
        bool speed = spec->groups[spec->cases[i].group].is_speed;
        if (!speed && !after->has_case[i])
            return false;
        if (speed && before->timing_done && !after->has_timed[i])
            return false;
    }
    return true;
}

static void add_row(struct points *points, const struct submission_row *row, int64_t before,
                    int64_t after)
{
    struct reply *reply = &points->call->reply;
    int64_t change = after - (before > 0 ? before : 0);
    points->gain += change > 0;
    points->lose += change < 0;
    points->same += change == 0;
    if (change == 0)
        return;
    reply_number(reply, row->id);
    reply_text(reply, row->login);
    if (before >= 0)
        reply_number(reply, before);
    else
        reply_none(reply);
    reply_number(reply, after);
    reply_number(reply, change);
}
