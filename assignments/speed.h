/* What is made of several measurements: pooled, held against the machine, replaced. Pure,
 * like assignments/rubric.h: the grader computes it from what is stored. */
#ifndef ASSIGNMENTS_SPEED_H
#define ASSIGNMENTS_SPEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Baseline / student with its 95 % interval; 0 < low <= speedup <= high. */
struct speed {
    double speedup, low, high;
};

/* What one thread of a machine can do at most, as a worker measured it. 0: not measured. */
struct speed_peaks {
    double gigaflops; /* fp32 multiply-adds, each counts two */
    double gigaops;   /* products and sums of bytes, each pair counts two */
    double gigabytes; /* per second from the second-level cache: a ranked case moves none faster */
};

/* Faster than a peak by more than this is no rounding of the peak: somebody should look. */
#define SPEED_BEYOND 1.10

/* One measurement out of all those of one object (the same bytes in the same offering), so that
 * sending it again for luck gains nothing: the mean of the logarithms, weighted by the inverse
 * squares of the intervals' widths; its interval grows by the Birge ratio when the runs disagree by
 * more than their intervals say (R. T. Birge, Physical Review 40, 1932).
 *
 * Returns false, and writes nothing, if no entry is a measurement (see above); others are left
 * out. One alone comes back as it is. The order does not matter. */
bool speed_pool(const struct speed *all, size_t count, struct speed *out);

/* Largest share of a peak that `microseconds` for so much work amounts to: 0.05 is 5 %. 0 when
 * nothing can be said. out_memory (may be NULL): the memory is the nearer limit. */
double speed_share(double operations, double bytes, bool integers, double microseconds,
                   const struct speed_peaks *peaks, bool *out_memory);

/* True if a share is beyond what the machine can do: it goes to review, not to rank 1. */
bool speed_is_beyond(double share);

/* Whether the timing of a retry takes the place of the one before: only if it is quieter, which is
 * a narrower interval for its estimate, never a better one. One that failed replaces nothing; any
 * measurement replaces none. */
bool speed_replaces(const struct speed *before, const struct speed *after);

/* Whether a worker measured its own expert within a tenth of what the class has recorded, either
 * way: its place among others means something then. recorded 0: nothing is recorded, so yes. */
bool speed_expert_fits(double recorded, double measured);

#endif
