/* From the argument list of a spec to C: the adapter that calls the student's function, and the
 * comparison of a header's prototype with that list. Pure. */
#ifndef ASSIGNMENTS_ADAPTER_H
#define ASSIGNMENTS_ADAPTER_H

#include "assignments/spec.h"
#include "sandbox/base/buf.h"

/* Appends a C file that includes "NAME.h" and defines
 *   const int adapter_arguments_count;
 *   void adapter_call(const int64_t *values, const double *scalars, void *const *tensors);
 * All three arrays are indexed by argument: values of sizes and options, scalars, tensors. */
void adapter_generate(const struct spec *spec, struct buf *out);

/* Compares the prototype of the spec's function in `header` (text of NAME.h) with the arguments:
 * names, order, types and const. `restrict`, array declarators and comments do not matter.
 * ERR_INPUT names the first difference as "LABEL: ...". */
struct err adapter_check(const struct spec *spec, const char *header, size_t size,
                         const char *label);

#endif
