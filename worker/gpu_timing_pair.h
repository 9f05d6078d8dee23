/* One ranked case on a GPU, and its pairs of timed calls. Private to worker/gpu_timing*.c. */
#ifndef WORKER_GPU_TIMING_PAIR_H
#define WORKER_GPU_TIMING_PAIR_H

#include "worker/gpu_runner.h"
#include "worker/job.h"
#include "worker/nvml.h"
#include "worker/stats.h"
#include "worker/timing_answers.h"

#define GPU_TIMING_DOUBT_NS 100000

struct gpu_timing {
    struct worker *worker;
    const struct job *job;
    const struct spec *spec;
    const struct launch_plan *plan; /* the student's */
    struct nvml nvml;
    int index;
    struct gpu_runner *runner;
    struct wire_timed *row;
    struct timing_answers answers;
    uint64_t iteration;   /* of the next fresh inputs */
    double floor_ns;      /* what the events show around nothing */
    double host_floor_ns; /* and what the launcher's clock does */
    int host_clock;       /* calls in which that had to count */
    struct answer baseline_answer;
    int64_t started_ns, deadline_ns, timed_ns, block_ns;
    int64_t told_ns; /* when we last said anything */
    struct stats_block blocks[TIMING_BLOCKS_MAX];
    size_t blocks_count;
    struct stats_result stats;
    int dropped;                /* pairs in which the device slowed down by itself */
    bool spoiled;               /* one of those had to count */
    uint64_t reasons;           /* of all looks */
    int64_t sm_mhz, memory_mhz; /* of the last one */
};

/* True while every output was right and every call came back. */
bool gpu_timing_fine(const struct gpu_timing *timing);

/* A launcher, and calls of nothing: the floor. */
struct err gpu_timing_floor(struct gpu_timing *timing);

/* Warm-ups: three the first time, later one. Their outputs are judged at once, the baseline's of
 * the first as well: a wrong one is an error, since nothing is measured against that. */
struct err gpu_timing_warm(struct gpu_timing *timing);

/* The pairs A B and B A. Not filled if something was not fine. */
struct err gpu_timing_block(struct gpu_timing *timing, struct stats_block *out);

/* What a call took without the floor. Events tell it, unless the launcher's clock says that it was
 * longer by more than a tenth and GPU_TIMING_DOUBT_NS: then that counts, and *out_host is true. The
 * same rule for student and baseline. */
double gpu_timing_net(const struct gpu_timing *timing, const struct gpu_result *result,
                      bool *out_host);

#endif
