/* One case on one slot, then the canary on the same slot. */
#ifndef TESTS_HOSTILE_RUN_H
#define TESTS_HOSTILE_RUN_H

#include "sandbox/jail_tools.h"
#include "sandbox/sandbox.h"
#include "tests/hostile_case.h"
#include "tests/hostile_watch.h"

#include <stdbool.h>
#include <stdint.h>

#define HOSTILE_SECRET "HOSTILE_SECRET" /* variable of the runner that no program may learn */

struct hostile_bench {
    const char *build;    /* folder of the build */
    struct sandbox *slot; /* owned by the caller */
    int canary;           /* its program; owned by the caller */
    struct jail_tools tools;
    struct watch watch;
    uint32_t turn;   /* of the canary: each has other numbers */
    unsigned slower; /* times are multiplied by it: for emulated machines */
};

struct hostile_result {
    bool done, passed;
    char end[96];    /* in the words of the headers */
    char fault[400]; /* "" if passed */
    int64_t took_ms;
};

/* Runs it with the limits of the corpus and judges everything that must hold afterwards. */
void hostile_run(struct hostile_bench *bench, const struct hostile_case *given,
                 struct hostile_result *out);

/* The canary alone: false and a fault in words unless it gets full marks. */
bool hostile_canary(struct hostile_bench *bench, char *fault, size_t fault_size);

/* One honest compilation: builds the compile view, so that it is there before counting. */
bool hostile_compile(struct hostile_bench *bench, char *fault, size_t fault_size);

#endif
