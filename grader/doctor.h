/* What this host offers for grading, found by trying: sandbox, worker, compiler, GPU, cores, the
 * place of the database. In plain words, with what to do about each thing that is missing. */
#ifndef GRADER_DOCTOR_H
#define GRADER_DOCTOR_H

#include "sandbox/base/buf.h"

#include <stdbool.h>

#define DOCTOR_ROWS_MAX 32

enum doctor_state {
    DOCTOR_GOOD,
    DOCTOR_WEAKER,  /* grading works, with less */
    DOCTOR_MISSING, /* grading does not work here */
    DOCTOR_ABSENT,  /* optional, and not here */
};

struct doctor_row {
    char name[32];
    enum doctor_state state;
    char detail[256];
    char advice[256]; /* "" if nothing is to be done */
};

struct doctor {
    size_t count;
    struct doctor_row rows[DOCTOR_ROWS_MAX];
};

/* Tries everything; takes about a second, and once a day some more for the worker's test of itself.
 * The paths are those of the service's settings; calibration_path "" leaves that test out. */
void doctor_ask(struct doctor *out, const char *database_path, const char *calibration_path);

/* True if grading works here: nothing is DOCTOR_MISSING. */
bool doctor_is_well(const struct doctor *doctor);

/* For people, and for programs. */
void doctor_text(struct buf *out, const struct doctor *doctor);
void doctor_json(struct buf *out, const struct doctor *doctor);

#endif
