/* From the claim of a diagnosis build to what is told: numbers bounded, names cleaned, the tensor
 * and the index worked out by us. Pure. */
#ifndef WORKER_FINDING_H
#define WORKER_FINDING_H

#include "assignments/spec.h"
#include "worker/runtime/control.h"
#include "worker/wire.h"

/* raw   hostile, any bytes
 * which the case that was run
 * Returns false if it is no finding. Line and source are left empty. */
bool finding_read(const struct control_finding *raw, const struct spec *spec,
                  const struct spec_case *which, struct wire_finding *out);

/* The line that addr2line -i names in the source itself: the first of the chain of inlined
 * functions whose file is file_name. `said` is its output, hostile as the program is. 0: none. */
int64_t finding_line(const char *said, const char *file_name);

/* Sets line and source, if the source has that line. */
void finding_place(struct wire_finding *finding, int64_t line, const char *source, size_t size);

#endif
