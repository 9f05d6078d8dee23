/* From how a program ended to a verdict with its code and one sentence that a beginner understands.
 * Codes, stable, also for the table of translations: segfault stack_overflow bus_error
 * division_by_zero illegal_instruction abort signal exited_early memory_limit output_flood
 * forbidden_call loop_endless waiting. Pure. */
#ifndef WORKER_CAUSE_H
#define WORKER_CAUSE_H

#include "worker/runner.h"
#include "worker/wire.h"

/* Fills verdict, code, detail, signal, syscall and peak_bytes of `one` from a call that did not
 * come back (result->end is not RUNNER_DONE). ERR_INTERNAL: an end that no program can bring about.
 */
struct err cause_fill(const struct spec *spec, const struct runner_result *result,
                      struct wire_case *one);

#endif
