/* Reports from hand-made events, over the assignment of tests/unit/golden/assignment.json. */
#ifndef TESTS_UNIT_SUPPORT_REPORT_FIXTURE_H
#define TESTS_UNIT_SUPPORT_REPORT_FIXTURE_H

#include "grader/report.h"

struct report_fixture {
    struct spec spec;
    struct report report;
};

/* Number 1841 of alice, Sun 29 Nov 2026 23:41:07 +08:00, with a worker that said hello. */
struct report_fixture *report_fixture_new(void);
void report_fixture_free(struct report_fixture *fixture);

/* Events. */
void fixture_hello(struct report_fixture *fixture);
void fixture_compiled(struct report_fixture *fixture, bool good, int64_t errors, int64_t warnings,
                      const char *diagnostics);
void fixture_case(struct report_fixture *fixture, const char *name, enum verdict verdict);
void fixture_all_right(struct report_fixture *fixture); /* every correctness case */
void fixture_timed(struct report_fixture *fixture, const char *name, double speedup, double low,
                   double high);
void fixture_done(struct report_fixture *fixture, enum outcome outcome);

/* The case as it was last applied, to be given more facts. */
struct wire_case *fixture_case_of(struct report_fixture *fixture, const char *name);

#endif
