/* From a student's source to a program that the sandbox can run. Every byte of the source and of
 * what the compiler makes of it is hostile: compiler, assembler and linker run in the compile jail,
 * and the object is audited before the link.
 *
 * cc1, as and ld are called directly, without the driver; the runtime (crt, runner, adapter, libc,
 * libm, libmvec, libgcc) is one relocatable object made at build time. */
#ifndef WORKER_COMPILE_H
#define WORKER_COMPILE_H

#include "assignments/spec.h"
#include "sandbox/sandbox.h"
#include "worker/wire.h"

/* What this machine compiles with; found once at start. */
struct toolchain {
    char home[4096];    /* root of the installation: holds assignments/, reference/ and build/ */
    char runtime[4096]; /* folder made by the build: names, and NAME/runtime.o per assignment */
    char cache[4096];   /* folder for compiled objects, made if missing, or "" for none; the
                         * caller's choice after toolchain_find, which leaves it empty */
    char isa[16];       /* "x86-64-v3" or "x86-64-v4", by probing; "" if the machine is older */
    char class_name[SPEC_NAME_MAX];
    char compiler[64]; /* "gcc 12.2.0" */
    char flags[128];   /* "-O3 -march=x86-64-v4": what the report names */
    char cc1[256], as[256], ld[256];
    char addr2line[256]; /* "" if this host has none: findings then name no line */
    char identity[65];   /* hex hash of the programs' paths, sizes and times: for cache keys */
};

/* Finds compiler, instruction set and runtime.
 *
 * home NULL: the nearest folder above this program that holds assignments/, else the current one.
 * The runtime is the nearest runtime/ above this program, else build/runtime of home.
 * ERR_INPUT: no such folder; ERR_SYSTEM: no compiler. */
struct err toolchain_find(struct toolchain *out, const char *home);

/* Compiles, audits and links in the jail of `slot`.
 *
 * file_name    what the diagnostics call the source; a name that is not plain letters, digits, '_',
 *              '-', '.' with the end ".c" becomes NAME.c
 * out_result   always filled; release with wire_compiled_release
 * out_program  a sealed memfd with the static program, the caller closes it; -1 unless good
 * Codes when not good: "syntax" (the compiler's errors), "assembler", "link", "compile_limit"
 * (time, memory, output, or a compiler that crashed on it), and those of audit.h. ERR_SYSTEM,
 * ERR_INTERNAL, ERR_BUSY: ours; then nothing is said about the source. */
struct err compile_source(const struct toolchain *toolchain, struct sandbox *slot,
                          const struct spec *spec, const char *file_name, const char *source,
                          size_t source_size, struct wire_compiled *out_result, int *out_program);

/* The same source as a diagnosis build (worker/runtime/diagnosis.h): slow, watchful, with line
 * numbers, neither audited nor cached. For sources that compile_source found good.
 *
 * out_program  as above; -1 if this time it did not come to a program, which is no error */
struct err compile_diagnosis(const struct toolchain *toolchain, struct sandbox *slot,
                             const struct spec *spec, const char *file_name, const char *source,
                             size_t source_size, int *out_program);

#endif
