/* Points from measurements. Pure: the grader computes them, and can compute them again from what
 * was stored, with another target or another rubric, without a run.
 *
 * All points are integer hundredths, rounded once, where they arise. Invariants: the groups' points
 * add up to the score, the groups' max_points to max_score (10,000). */
#ifndef ASSIGNMENTS_RUBRIC_H
#define ASSIGNMENTS_RUBRIC_H

#include "assignments/spec.h"

struct rubric_group {
    bool passed;
    int64_t points, max_points;
};

/* What is known of each case of the spec. */
struct rubric_case {
    bool known;                /* false: not run yet, or not at all */
    bool right;                /* correctness: passed. Ranked: every output right */
    bool measured;             /* ranked: the three below hold */
    double speedup, low, high; /* baseline / student, with its 95 % interval */
};

struct rubric_result {
    int64_t score, max_score;
    struct rubric_group groups[SPEC_GROUPS_MAX];
    int64_t case_points[SPEC_CASES_MAX], case_max_points[SPEC_CASES_MAX]; /* of ranked cases */
    bool has_speed;            /* every ranked case was measured */
    double speedup, low, high; /* geometric means over the ranked cases: what ranks */
};

/* A correctness group passes whole or not at all. The group `speed` passes when all its outputs
 * were right; its points are shared evenly by the ranked cases, each max * clamp(log(low) /
 * log(target), 0, 1), so that every doubling earns the same; none while a correctness group failed.
 * target <= 1: not calibrated, the speed group earns nothing and max stays (the report says so).
 * split: of 100 points, so many for correctness and the rest for speed, each shared in the spec's
 * proportions; -1, or a spec without one of the two: as the spec has it. */
void rubric_score(const struct spec *spec, const struct rubric_case cases[SPEC_CASES_MAX],
                  double target, int64_t split, struct rubric_result *out);

#endif
