/* What an assignment's speed target should be on this machine class: the expert is timed against
 * the baseline as a submission would be, and the baseline against itself, which says how far such a
 * measurement can be trusted here. */
#ifndef GRADER_CALIBRATE_H
#define GRADER_CALIBRATE_H

#include "grader/child.h"
#include "sandbox/base/buf.h"

#define CALIBRATE_SELF_MAX 0.01    /* worst error of a baseline against itself */
#define CALIBRATE_EXPERT_US 2000.0 /* shorter is too near the floor of the clock */
#define CALIBRATE_PAIRS_LEAST 16   /* eight blocks: the first look of the clock */
#define CALIBRATE_TRIALS_MAX 100
#define CALIBRATE_FLOORS 50 /* a baseline takes at least so many times the floor of the clock */

struct calibrate_case {
    double speedup, low, high;
    double student_us, baseline_us;
    double floor_us; /* of the clock in that timing; < 0: not told */
    int64_t pairs;
    bool measured, noisy;
};

struct calibration {
    struct wire_hello hello;
    struct calibrate_case cases[SPEC_CASES_MAX]; /* of ranked ones */
    double expert;                               /* geometric mean of the ranked cases */
    double target;                               /* proposed */
    double self_worst; /* largest |ratio - 1| of the baseline against itself */
    int self_trials;   /* measurements behind it: ranked cases times runs */
};

/* home: of the installation. trials >= 0: how often the baseline is timed against itself; each
 * takes the timing budget of the assignment at most. ERR_INPUT: this worker may not measure, or the
 * expert is wrong. */
struct err calibrate_measure(struct calibration *out, struct child *child, const char *home,
                             const struct spec *spec, int trials);

/* 0.8 times the expert, two digits, rounded down; at least 1.1, for a target is above 1. Pure. */
double calibrate_target(double expert);

/* Where in the assignment file a ranked case is wrong, and how. */
struct calibrate_fault {
    char field[80];   /* "cases[15].sizes" */
    char reason[240]; /* a sentence that begins with the case's name */
};

/* True if a ranked case is no measure of speed: its expert is wrong or misses `target` (0: none
 * yet), it is too short for the clock, or its generator, oracle and baseline leave too few pairs in
 * its wall budget. Pure. */
bool calibrate_complaint(const struct spec *spec, int index, const struct calibrate_case *one,
                         const char *class_name, double target, struct calibrate_fault *out);

/* The text of an assignment file with another target for a class, and what its expert reached;
 * nothing else is touched. Pure. ERR_INPUT: the file has no such class. */
struct err calibrate_rewrite(struct buf *out, const char *text, const char *class_name,
                             double target, double expert);

#endif
