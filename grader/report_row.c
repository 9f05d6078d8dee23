/* A report from what the database holds: the row of a submission and its committed measurements. */
#include "grader/intake.h"
#include "grader/life.h"
#include "grader/zone.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct report *report_from_row(const struct spec *spec, const struct submission_row *row,
                               const char *events, size_t size)
{
    struct report *report = calloc(1, sizeof *report);
    if (report == NULL)
        return NULL;
    report_init(report, spec);
    report->id = row->id;
    report_device(report, row->device);
    report->stage = row->stage;
    report->practice = row->practice;
    report->review = row->review;
    report->held = row->held;
    report->received_at = row->received_at;
    report->split = row->split;
    report->due_at = row->practice ? 0 : row->due_at;
    report->zone_minutes = zone_minutes(row->zone, row->received_at);
    report->due_zone_minutes = zone_minutes(row->zone, row->due_at);
    report->attempts_max = row->practice ? 0 : row->attempts_max;
    if (report->due_at > 0 && row->received_at >= intake_minute_end(report->due_at))
        report->late_seconds = (row->received_at - intake_minute_end(report->due_at)) / 1000000 + 1;
    (void)text_copy(report->file_name, sizeof report->file_name, row->file_name);
    (void)text_copy(report->commit, sizeof report->commit, row->commit); /* fits */
    (void)text_copy(report->cohort, sizeof report->cohort, row->cohort);
    (void)text_copy(report->login, sizeof report->login, row->login);
    (void)snprintf(report->url, sizeof report->url, "/s/%lld", (long long)row->id); /* fits */

    unsigned char commitment[32];
    (void)crypto_generichash(commitment, sizeof commitment, row->key, sizeof row->key, NULL, 0);
    text_hex(commitment, sizeof commitment, report->seed_commitment);

    for (size_t at = 0; at < size;) {
        const char *end = memchr(events + at, '\n', size - at);
        size_t length = end != NULL ? (size_t)(end - (events + at)) : size - at;
        struct event event;
        struct err err = wire_get_event(&event, events + at, length);
        if (err_is(err))
            log_err("report.stored_event", err);
        else
            report_apply(report, &event);
        event_release(&event);
        at += length + 1;
    }
    report->target =
        report->has_hello ? row_target(report->spec, row, report->hello.class_name) : 0;
    report_score(report);
    return report;
}

double row_target(const struct spec *spec, const struct submission_row *row, const char *class_name)
{
    for (int i = 0; i < row->targets_count; i++)
        if (strcmp(row->targets[i].class_name, class_name) == 0)
            return row->targets[i].target;
    return row->targets_count > 0 ? 0 : spec_target(spec, class_name);
}
