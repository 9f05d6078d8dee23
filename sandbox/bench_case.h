/* What the parts of the bench share: slots and a program, and the table of what is measured by
 * turns. Private to bench*.c. */
#ifndef SANDBOX_BENCH_CASE_H
#define SANDBOX_BENCH_CASE_H

#include "sandbox/bench.h"
#include "sandbox/sandbox.h"

struct bench {
    int program_fd;   /* of the program, a memfd, as a worker holds a student's */
    char program[64]; /* the same by path */
    char file[512];   /* its file, for tools that want one */
    struct sandbox *best, *plain;
    enum sandbox_backend backend; /* of `best` */
};

struct bench_case {
    const char *name;
    const char *goal;
    const char *needs; /* a command, without which the case is skipped */
    struct err (*start)(struct bench *bench);
    struct err (*once)(struct bench *bench);
    void (*end)(struct bench *bench);
};

/* Rows of the table that others are compared with. */
enum { BENCH_SPAWN, BENCH_HOT };

/* The whole table. */
const struct bench_case *bench_cases(size_t *out_count);

/* True if a command of this name can be found. */
bool bench_command_there(const char *name);

/* One run of `sandbox bench-program WORD` on a slot, which must end with 0. */
struct err bench_run(struct sandbox *slot, int program_fd, const char *word);
struct err bench_start(struct sandbox *slot, int program_fd, const char *word);

/* The same by posix_spawn. */
struct err bench_spawn(const char *program);

/* Freeze and thaw of a spinning program, `count` times. */
struct err bench_freezer(struct bench *bench, unsigned count, struct bench_report *report);

/* Runs per second of one slot against two side by side, in `windows` pairs of windows, and by turns
 * with them the same of bare posix_spawn, which tells what this host can do at all; and of slots
 * whose program computes, where two processors show whatever starting programs costs. The caller
 * has no slot open: the processes that measure inherit nothing that matters. */
struct err bench_pairs(const struct bench *bench, unsigned windows, struct bench_report *report);

/* The value below which this part of the times lies; sorts them. 0 of none. */
double bench_quantile(double *times, size_t count, double part);

#endif
