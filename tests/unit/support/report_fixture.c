/* Hand-made events. */
#include "tests/unit/support/report_fixture.h"

#include "sandbox/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "report fixture: %s\n", what);
    abort();
}

struct report_fixture *report_fixture_new(void)
{
    struct report_fixture *fixture = calloc(1, sizeof *fixture);
    must(fixture != NULL, "memory");
    struct err err = spec_load(&fixture->spec, "tests/unit/golden/assignment.json");
    must(!err_is(err), err.text);
    struct report *report = &fixture->report;
    report_init(report, &fixture->spec);
    report->id = 1841;
    report->attempt = 3;
    report->attempts_used = 3;
    report->attempts_max = 20;
    report->received_at = 1795966867LL * 1000000;
    report->due_at = 1795967940LL * 1000000;
    report->zone_minutes = report->due_zone_minutes = 480;
    (void)text_copy(report->file_name, sizeof report->file_name, "attention.c");
    (void)text_copy(report->cohort, sizeof report->cohort, "ml-2026");
    (void)text_copy(report->login, sizeof report->login, "alice");
    (void)text_copy(report->url, sizeof report->url, "/s/1841");
    fixture_hello(fixture);
    return fixture;
}

void report_fixture_free(struct report_fixture *fixture)
{
    report_release(&fixture->report);
    free(fixture);
}

static void apply(struct report_fixture *fixture, struct event *event)
{
    report_apply(&fixture->report, event);
    event_release(event);
    report_score(&fixture->report);
}

void fixture_hello(struct report_fixture *fixture)
{
    struct event event = {.kind = EVENT_HELLO,
                          .hello = {.worker = "cpu03",
                                    .class_name = "cpu:x86-64-v4",
                                    .compiler = "gcc 12.2.0",
                                    .flags = "-O3 -march=x86-64-v4",
                                    .backend = "cgroup-v1",
                                    .ranked = true,
                                    .processors = 2}};
    apply(fixture, &event);
    fixture->report.target = 16;
}

void fixture_compiled(struct report_fixture *fixture, bool good, int64_t errors, int64_t warnings,
                      const char *diagnostics)
{
    struct event event = {.kind = EVENT_COMPILED,
                          .compiled = {.good = good,
                                       .took_ms = 180,
                                       .errors = errors,
                                       .warnings = warnings,
                                       .diagnostics = strdup(diagnostics)}};
    if (!good)
        (void)text_copy(event.compiled.code, sizeof event.compiled.code, "syntax");
    apply(fixture, &event);
}

static struct wire_case a_case(const struct report_fixture *fixture, const char *name,
                               enum verdict verdict)
{
    struct wire_case one = {.index = spec_case_index(&fixture->spec, name),
                            .verdict = verdict,
                            .wall_ms = -1,
                            .cpu_ms = -1,
                            .peak_bytes = -1};
    must(one.index >= 0, name);
    return one;
}

void fixture_case(struct report_fixture *fixture, const char *name, enum verdict verdict)
{
    struct event event = {.kind = EVENT_CASE, .one = a_case(fixture, name, verdict)};
    event.one.has_error_ratio = verdict == VERDICT_PASS;
    event.one.error_ratio = 0.27;
    apply(fixture, &event);
}

void fixture_all_right(struct report_fixture *fixture)
{
    for (int i = 0; i < fixture->spec.cases_count; i++)
        if (!fixture->spec.groups[fixture->spec.cases[i].group].is_speed)
            fixture_case(fixture, fixture->spec.cases[i].name, VERDICT_PASS);
}

void fixture_timed(struct report_fixture *fixture, const char *name, double speedup, double low,
                   double high)
{
    struct event event = {.kind = EVENT_TIMED,
                          .timed = {.check = a_case(fixture, name, VERDICT_PASS),
                                    .measured = true,
                                    .speedup = speedup,
                                    .low = low,
                                    .high = high,
                                    .pairs = 17,
                                    .student_us = 41300 / speedup,
                                    .baseline_us = 41300,
                                    .timed_share = 0.75,
                                    .ratios_count = 2,
                                    .ratios = {low, high}}};
    event.timed.index = event.timed.check.index;
    apply(fixture, &event);
}

void fixture_done(struct report_fixture *fixture, enum outcome outcome)
{
    struct event event = {.kind = EVENT_DONE,
                          .done = {.outcome = outcome,
                                   .message = "slot 3 is on fire",
                                   .started_at = 1795966868LL * 1000000}};
    apply(fixture, &event);
}

struct wire_case *fixture_case_of(struct report_fixture *fixture, const char *name)
{
    int index = spec_case_index(&fixture->spec, name);
    must(index >= 0 && fixture->report.has_case[index], name);
    return &fixture->report.cases[index];
}
