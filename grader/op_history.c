/* One submission in full, and one student's history: what a TA needs to answer a question. */
#include "grader/gradebook.h"
#include "grader/life.h"
#include "grader/operations.h"
#include "grader/store_history.h"
#include "sandbox/base/text.h"

#include <stdio.h>
#include <string.h>

static void add_generation(void *context, const struct generation_line *line);
static struct err put_report(struct operation_call *call, const struct submission_row *row);
static void add_submission(void *context, const struct history_line *line);
static struct err put_grades(struct operation_call *call, const struct cohort_row *cohort,
                             const struct person_row *person);
static void add_decision(void *context, const struct decision_line *line);
static void cell_number(struct reply *reply, int64_t value);
static void cell_ratio(struct reply *reply, double value);

#define LINES_DEFAULT 200

struct err op_show(struct operation_call *call)
{
    static const struct reply_column columns[] = {
        {"generation", REPLY_INTEGER}, {"stage", REPLY_TEXT},    {"score", REPLY_HUNDREDTHS},
        {"speedup", REPLY_TEXT},       {"low", REPLY_TEXT},      {"high", REPLY_TEXT},
        {"class", REPLY_TEXT},         {"worker", REPLY_TEXT},   {"made", REPLY_TEXT},
        {"checked", REPLY_TEXT},       {"finished", REPLY_TEXT}, {"by", REPLY_TEXT},
        {"counts", REPLY_TEXT},        {NULL, REPLY_TEXT}};
    struct submission_row row;
    struct err err = call_submission(call, &row);
    if (err_is(err))
        return err;
    reply_table(&call->reply, columns);
    err = store_generations(call->db, row.id, add_generation, call);
    if (!err_is(err) && call_flag(call, "source")) {
        call->reply.file_type = "text/plain; charset=utf-8";
        (void)text_copy(call->reply.file_name, sizeof call->reply.file_name, row.file_name);
        err = store_source(call->db, row.source_hash, &call->reply.file);
    }
    if (!err_is(err))
        err = put_report(call, &row);
    return err;
}

static void add_generation(void *context, const struct generation_line *line)
{
    struct reply *reply = &((struct operation_call *)context)->reply;
    reply_number(reply, line->generation);
    reply_text(reply, line->stage);
    cell_number(reply, line->score);
    cell_ratio(reply, line->speedup);
    cell_ratio(reply, line->low);
    cell_ratio(reply, line->high);
    reply_text(reply, line->class_name);
    reply_text(reply, line->worker);
    reply_moment(reply, "UTC", line->created_at);
    reply_moment(reply, "UTC", line->checked_at);
    reply_moment(reply, "UTC", line->finished_at);
    reply_text(reply, line->actor);
    reply_text(reply, line->counts ? "yes" : line->retime ? "not quieter" : "");
}

/* Whoever asks sees everything; read with the version that it was measured under. */
static struct err put_report(struct operation_call *call, const struct submission_row *row)
{
    struct grading_row grading;
    auto_buf struct buf events = buf_of(STORE_EVENTS_MAX);
    bool found = false;
    struct err err =
        store_grading_get(call->db, row->id, row->generation, &grading, &events, &found);
    const struct spec *spec =
        versions_find(call->versions, call->db, call->specs, call->specs_count, row->measured_hash);
    if (err_is(err))
        return err;
    if (!found || spec == NULL) {
        reply_note(&call->reply, "#%lld %s: its version of %s is no longer known.",
                   (long long)row->id, stage_word(row->stage), row->assignment);
        return err_none();
    }
    struct report *report = report_from_row(spec, row, events.at, events.size);
    if (report == NULL)
        return err_make(ERR_SYSTEM, "read submission %lld", (long long)row->id);
    report->stage = grading.stage;
    if (grading.code[0] != 0) {
        (void)text_copy(report->code, sizeof report->code, grading.code);          /* as wide */
        (void)text_copy(report->message, sizeof report->message, grading.message); /* as wide */
    }
    const struct report_view view = {.everything = true};
    report_text(&call->reply.notes, report, &view);
    submissions_report_free(report);
    return err_none();
}

struct err op_user_show(struct operation_call *call)
{
    static const struct reply_column columns[] = {{"submission", REPLY_INTEGER},
                                                  {"assignment", REPLY_TEXT},
                                                  {"received", REPLY_TEXT},
                                                  {"stage", REPLY_TEXT},
                                                  {"score", REPLY_HUNDREDTHS},
                                                  {"speedup", REPLY_TEXT},
                                                  {"practice", REPLY_TEXT},
                                                  {"generation", REPLY_INTEGER},
                                                  {"file", REPLY_TEXT},
                                                  {"commit", REPLY_TEXT},
                                                  {NULL, REPLY_TEXT}};
    struct cohort_row cohort = {0};
    struct person_row person = {0};
    struct err err = call_cohort(call, &cohort);
    if (!err_is(err))
        err = call_person(call, &cohort, &person);
    if (err_is(err))
        return err;
    reply_table(&call->reply, columns);
    err = store_history(call->db, person.membership_id, call_number(call, "limit", LINES_DEFAULT),
                        add_submission, call);
    if (!err_is(err))
        err = put_grades(call, &cohort, &person);
    if (!err_is(err))
        err = store_decisions(call->db, person.membership_id, add_decision, call);
    return err;
}

static void add_submission(void *context, const struct history_line *line)
{
    struct reply *reply = &((struct operation_call *)context)->reply;
    reply_number(reply, line->submission_id);
    reply_text(reply, line->assignment);
    reply_moment(reply, line->zone, line->received_at);
    reply_text(reply, line->stage);
    cell_number(reply, line->score);
    cell_ratio(reply, line->speedup);
    reply_text(reply, line->practice ? "yes" : "");
    reply_number(reply, line->generation);
    reply_text(reply, line->file_name);
    reply_text(reply, line->commit);
}

static struct err put_grades(struct operation_call *call, const struct cohort_row *cohort,
                             const struct person_row *person)
{
    struct gradebook book = {.people = NULL};
    struct reply *reply = &call->reply;
    struct err err = gradebook_load(&book, call->db, cohort, call->now_at);
    for (size_t p = 0; p < book.people_count && !err_is(err); p++) {
        if (book.people[p].who.membership_id != person->membership_id)
            continue;
        for (size_t i = 0; i < book.offerings_count; i++) {
            const struct grade_result *grade = &book.people[p].grades[i];
            if (grade->grade >= 0)
                reply_note(reply,
                           "%s: grade %lld.%02lld%s, #%lld counts (score %lld.%02lld, %lld days"
                           " late)",
                           book.offerings[i].assignment, (long long)grade->grade / 100,
                           (long long)grade->grade % 100, grade->overridden ? " by hand" : "",
                           (long long)grade->counts, (long long)grade->score / 100,
                           (long long)grade->score % 100, (long long)grade->late_days);
        }
    }
    gradebook_release(&book);
    return err;
}

static void add_decision(void *context, const struct decision_line *line)
{
    struct reply *reply = &((struct operation_call *)context)->reply;
    char due[ZONE_TEXT_MAX];
    char closes[ZONE_TEXT_MAX];
    (void)zone_write(line->zone, line->due_at, due);
    (void)zone_write(line->zone, line->closes_at, closes);
    auto_buf struct buf text = buf_of(1024);
    if (due[0] != 0)
        buf_printf(&text, ", due %s %s", due, line->zone);
    if (closes[0] != 0)
        buf_printf(&text, ", closes %s %s", closes, line->zone);
    if (line->attempts > 0)
        buf_printf(&text, ", %lld attempts more", (long long)line->attempts);
    if (line->grade >= 0)
        buf_printf(&text, " %lld.%02lld", (long long)line->grade / 100,
                   (long long)line->grade % 100);
    reply_note(reply, "%s: %s%s (%s%s%s)", line->assignment, line->what, text.at, line->actor,
               line->reason[0] != 0 ? ": " : "", line->reason);
}

static void cell_number(struct reply *reply, int64_t value)
{
    if (value >= 0)
        reply_number(reply, value);
    else
        reply_none(reply);
}

static void cell_ratio(struct reply *reply, double value)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.2f", value); /* fits */
    reply_text(reply, value > 0 ? text : "");
}
