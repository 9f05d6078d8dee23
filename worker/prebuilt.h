/* The headers of intrinsics, parsed once when the project is built: immintrin.h costs the compiler
 * twice the time of a student's own lines. The file is a copy of the compiler's memory after
 * `#include <immintrin.h>`, good for one compiler, one set of flags and one instruction set, all of
 * which its name carries; without the right one the plain header is read, and nobody notices but
 * the clock.
 *
 * Students cannot touch it: it is made by the build out of no byte of theirs, it lies outside of
 * every jail, and each compile gets a copy in a tmpfs of its own.
 *
 * It is used only where it cannot change a meaning: the compiler takes it before the first token of
 * the file, so nothing but comments and includes may stand above the source's own include of it. A
 * macro, a pragma, a splice or anything else that the reader here does not know leaves the file to
 * the plain header. */
#ifndef WORKER_PREBUILT_H
#define WORKER_PREBUILT_H

#include "worker/compile.h"

#define PREBUILT_HEADER "intrinsics.h"

/* True if the source may use it, and would. own_header: "NAME.h" of the assignment. Pure. */
bool prebuilt_fits(const char *source, size_t size, const char *own_header);

/* The file for this toolchain, or -1. The caller closes it. */
int prebuilt_open(const struct toolchain *toolchain);

/* Makes it in the jail of `slot` and puts it into the runtime's folder in place of others. */
struct err prebuilt_make(const struct toolchain *toolchain, struct sandbox *slot);

#endif
