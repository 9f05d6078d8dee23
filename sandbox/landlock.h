/* Landlock rule sets: a wall behind the empty root. Where the kernel has none, the descriptor is
 * -1 and the other walls stand alone. */
#ifndef SANDBOX_LANDLOCK_H
#define SANDBOX_LANDLOCK_H

#include "sandbox/base/err.h"

/* The kernel's Landlock version, 0 without. */
int landlock_version(void);

/* Nothing at all: for kernel programs. Made once, entered by every run. */
struct err landlock_nothing(int *out_fd);

/* Nothing but to read and execute this one file, a program that is no memfd (those are outside of
 * every rule set). */
struct err landlock_program(int program_fd, int *out_fd);

/* Reading and executing below view_fd, its device nodes (dev/) opened for both and asked by ioctl,
 * and this one program, -1: none that needs it: for GPU launchers. */
struct err landlock_gpu(int view_fd, int program_fd, int *out_fd);

/* Reading and executing below view_fd, files of /work besides: for compilers. */
struct err landlock_compile(int view_fd, int work_fd, int *out_fd);

#endif
