/* Grading once more: queued, compared with what counts, and applied when a TA
 * says so. */
#include "grader/gradebook.h"
#include "grader/operations.h"
#include "grader/store_regrade.h"

#include <stdio.h>

static struct err start(struct operation_call *call, const struct cohort_row *cohort,
                        const struct offering *offering);
static struct err apply(struct operation_call *call, const struct offering *offering);
static void add_row(void *context, const struct regrade_row *row);

const char *const regrade_words[] = {"counting", "latest", "all", NULL};

/* What the list adds up to. */
struct tally {
    struct operation_call *call;
    int64_t gain, lose, same;
};

struct err op_regrade(struct operation_call *call)
{
    struct cohort_row cohort = {0};
    struct offering offering = {0};
    char object[80];
    struct err err = call_cohort(call, &cohort);
    if (!err_is(err))
        err = call_offering(call, &cohort, &offering);
    bool points = call_flag(call, "points-only");
    if (!err_is(err) && points && (call_flag(call, "apply") || call_flag(call, "fresh")))
        return call_refuse(call, 422, "points-only goes with neither apply nor fresh");
    if (!err_is(err))
        err = points                     ? op_points(call, &cohort, &offering)
              : call_flag(call, "apply") ? apply(call, &offering)
                                         : start(call, &cohort, &offering);
    if (err_is(err))
        return err;
    (void)snprintf(object, sizeof object, "%s/%s", cohort.name, offering.assignment); /* fits */
    return call_audit(
        call, object, "%s %s%s",
        points                     ? "points"
        : call_flag(call, "apply") ? "apply"
                                   : "start",
        regrade_words[call_word(call, "which", points ? REGRADE_ALL : REGRADE_COUNTING)],
        call_flag(call, "fresh") ? " fresh inputs" : "");
}

struct err op_regrade_choose(struct operation_call *call, const struct cohort_row *cohort,
                             struct regrade_choice *choice, struct buf *counting)
{
    struct err err = err_none();
    if (choice->which == REGRADE_COUNTING)
        err = gradebook_counting(call->db, cohort, choice->offering_id, call->now_at, counting);
    choice->counting = counting->at;
    return err;
}

static struct err start(struct operation_call *call, const struct cohort_row *cohort,
                        const struct offering *offering)
{
    int64_t count = 0;
    auto_buf struct buf counting = buf_of(REGRADE_COUNTING_BYTES);
    struct regrade_choice choice = {
        .offering_id = offering->id,
        .which = (enum regrade_which)call_word(call, "which", REGRADE_COUNTING)};
    struct err err = op_regrade_choose(call, cohort, &choice, &counting);
    if (!err_is(err))
        err = store_regrade_start(call->db, &choice, call_flag(call, "fresh"), call->actor,
                                  call->now_at, &count);
    if (!err_is(err) && count == 0)
        return call_refuse(call, 409,
                           "nothing to run again: none is graded, or one is under way or "
                           "waits for --apply");
    reply_note(&call->reply,
               "%lld submissions run once more, behind all live work. What counts "
               "stays until --apply.",
               (long long)count);
    return err;
}

static struct err apply(struct operation_call *call, const struct offering *offering)
{
    static const struct reply_column columns[] = {{"submission", REPLY_INTEGER},
                                                  {"login", REPLY_TEXT},
                                                  {"before", REPLY_HUNDREDTHS},
                                                  {"after", REPLY_HUNDREDTHS},
                                                  {"change", REPLY_HUNDREDTHS},
                                                  {"stage", REPLY_TEXT},
                                                  {NULL, REPLY_TEXT}};
    struct tally tally = {.call = call};
    int64_t running = 0;
    int64_t count = 0;
    reply_table(&call->reply, columns);
    struct err err = store_regrade_list(call->db, offering->id, add_row, &tally);
    if (!err_is(err))
        err = store_regrade_running(call->db, offering->id, &running);
    if (err_is(err))
        return err;
    reply_note(&call->reply, "%lld gain, %lld lose, %lld stay; %lld still run.",
               (long long)tally.gain, (long long)tally.lose, (long long)tally.same,
               (long long)running);
    if (tally.gain + tally.lose + tally.same == 0)
        return call_refuse(call, 409, "no finished regrade waits; %lld still run",
                           (long long)running);
    return store_regrade_apply(call->db, offering->id, &count);
}

static void add_row(void *context, const struct regrade_row *row)
{
    struct tally *tally = context;
    struct reply *reply = &tally->call->reply;
    int64_t change = (row->after > 0 ? row->after : 0) - (row->before > 0 ? row->before : 0);
    tally->gain += change > 0;
    tally->lose += change < 0;
    tally->same += change == 0;
    reply_number(reply, row->submission_id);
    reply_text(reply, row->login);
    if (row->before >= 0)
        reply_number(reply, row->before);
    else
        reply_none(reply);
    if (row->after >= 0)
        reply_number(reply, row->after);
    else
        reply_none(reply);
    reply_number(reply, change);
    reply_text(reply, row->stage);
}
