/* From how a call on a GPU ended to the row of its case. */
#ifndef WORKER_GPU_CAUSE_H
#define WORKER_GPU_CAUSE_H

#include "assignments/launch.h"
#include "worker/gpu_process.h"
#include "worker/wire.h"

/* Of an end other than GPU_DONE: verdict, code and detail if the kernel did it. An error is ours (a
 * launcher that vanished, a driver that refuses); it may have put the device into quarantine. */
struct err gpu_cause_fill(struct gpu *gpu, const struct spec *spec, const struct gpu_result *result,
                          struct wire_case *one);

/* Of a GPU_DONE: false if something was written beside a tensor or scratch; the row says which. */
bool gpu_cause_inside(const struct spec *spec, const struct launch_plan *plan,
                      const struct gpu_result *result, struct wire_case *one);

#endif
