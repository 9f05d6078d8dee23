/* One file of tests/hostile: its header lines, and whether an end is the one that they expect.
 *
 *   / * expect: forbidden_call openat * /       first line; alternatives separated by |
 *   / * what it tries, and why it must fail * /
 *   / * profile: threads 4 * /                  a program of another profile than `kernel`
 *   / * run: cc1 -O1 -o a.s a.c * /             no program, but food for these tools, in this order
 *   / * file: @a.c * /                          its name in /work, if not a and its own ending
 *   / * says: No such file * /                  must stand in what is written to descriptor 2
 *
 * An alternative is the word of an end, then what belongs to it (exit code, signal without SIG,
 * name of the call), then in any order: `cut` (it exited with 0, and an output was missing),
 * @cgroup or @rlimits (only on such a back end), @no32bit (only on a kernel without `int $0x80`).
 */
#ifndef TESTS_HOSTILE_CASE_H
#define TESTS_HOSTILE_CASE_H

#include "sandbox/sandbox.h"

#include <stdbool.h>
#include <stddef.h>

#define HOSTILE_RUNS_MAX 3

struct hostile_case {
    char name[80]; /* "resource/spin" */
    char family[16];
    char path[160]; /* of the source */
    char expect[160];
    char says[80];
    char file[64];
    enum sandbox_profile profile;
    unsigned threads;
    char runs[HOSTILE_RUNS_MAX][160];
    size_t runs_count; /* 0: it is a program of its own */
};

/* Every case below the folder, sorted by family and name, at most max of them. ERR_INPUT names a
 * file whose header is wrong. */
struct err hostile_cases_read(const char *folder, struct hostile_case *cases, size_t max,
                              size_t *out_count);

/* The end in the words of the headers: "exited 0", "forbidden_call openat cut". */
void hostile_case_end(const struct sandbox_result *result, char *out, size_t out_size);

/* True if one of the alternatives fits. */
bool hostile_case_fits(const struct hostile_case *given, const struct sandbox_result *result,
                       enum sandbox_backend backend);

#endif
