/* What the first line of a file of a corpus promises of it, and whether that came true. Pure.
 *
 *     expect: pass                            every case is right
 *     expect: wrong GROUP,GROUP               these groups fail, each time
 *     expect: wrong everywhere                so does every single case
 *     expect: wrong everywhere but CASE,CASE
 *
 * in a comment of C. A full stop ends it: what follows are words for people. */
#ifndef ASSIGNMENTS_EXPECTATION_H
#define ASSIGNMENTS_EXPECTATION_H

#include "assignments/spec.h"

struct expectation {
    bool is_given; /* false: the first line is another one, and nothing else is set */
    bool is_wrong;
    unsigned groups; /* bit per group: some case of it is wrong */
    bool everywhere; /* every case is wrong, but those spared */
    bool spared[SPEC_CASES_MAX];
};

/* text: the start of the file, NUL-terminated. ERR_INPUT: a group or case that the spec lacks. */
struct err expectation_read(struct expectation *out, const struct spec *spec, const char *text);

/* Of a mutant: the first group or case that should have been wrong and was not, by its name; NULL
 * if there is none. A group counts only if all its cases were tried. */
const char *expectation_missed(const struct expectation *expectation, const struct spec *spec,
                               const bool tried[SPEC_CASES_MAX], const bool wrong[SPEC_CASES_MAX]);

#endif
