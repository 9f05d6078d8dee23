/* Pairs of timed calls: two programs on one processor, by turns, on the same fresh inputs. Used by
 * the timing of a submission (worker/timing.c) and by the worker's test of itself
 * (worker/selftest.c), so that both are one measurement. Private to those. */
#ifndef WORKER_TIMING_PAIR_H
#define WORKER_TIMING_PAIR_H

#include "worker/stats.h"
#include "worker/timing_bench.h"

/* A pair in which somebody else took the processor is measured again on fresh inputs, twice at
 * most; of the attempts the least disturbed counts. What tells is wall time without CPU time, never
 * how fast it was, and every attempt's output is checked. A student who waits of their own accord
 * (no CPU time, and nobody else had the processor) could so throw away the pairs they do not like:
 * such an attempt counts, with all its wall time. Where the kernel does not tell the two apart (a
 * host that takes its processor from a virtual machine), time that is missing counts as waiting.
 * The baseline is held to the same rule: what nobody can help hits both sides alike. */
#define TIMING_ATTEMPTS_MAX 3

/* Told after each call of the student: takes the answer, or sees that the program has ended. With
 * *out_go_on false nothing more is called. */
typedef struct err (*timing_keep_fn)(void *context, const struct runner_result *result,
                                     bool *out_go_on);

struct timing_pairs {
    const struct timing_bench *bench;  /* borrowed */
    int index;                         /* of the case */
    const unsigned char *key;          /* of its inputs, borrowed */
    int64_t deadline_ns;               /* after it no attempt is repeated */
    struct runner *student, *baseline; /* the caller's */
    timing_keep_fn keep;               /* NULL: a student that ends is an error of ours */
    void *context;
    /* what came of it */
    uint64_t iteration;      /* of the next fresh inputs */
    int measured, disturbed; /* pairs, each attempt counted */
    int64_t timed_ns;        /* all that the clock has shown */
    bool stopped;            /* keep said so */
};

/* Ends both processes and has the two change memories: the next call begins a launch. Where the
 * pages of inputs and outputs lie can be two per cent of a program's time, in all launches alike;
 * in half of the launches each, both sides bear it. */
struct err timing_pair_launch(struct timing_pairs *pairs);

/* One call of each, the student first, for warm-up; nothing counts. */
struct err timing_pair_warm(struct timing_pairs *pairs);

/* The pairs A B and B A of a block. What pairs->stopped interrupts is not filled. */
struct err timing_pair_block(struct timing_pairs *pairs, struct stats_block *out);

#endif
