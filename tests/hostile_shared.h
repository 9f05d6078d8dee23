/* What a run of the corpus is handed, and what it may not do to it. */
#ifndef TESTS_HOSTILE_SHARED_H
#define TESTS_HOSTILE_SHARED_H

#include "sandbox/base/err.h"
#include "tests/hostile_run.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define HOSTILE_OUTPUT_BYTES 65536

/* Writes the fault of a hostile_result. */
#define FAULT_MAX sizeof((struct hostile_result *)0)->fault
#define FAULT(fault, ...) ((void)snprintf(fault, FAULT_MAX, __VA_ARGS__)) /* cut is fine */

/* The descriptors 0 to 4 of a run. */
struct shared {
    int fds[5];
    uint32_t *input, *answer; /* our own mappings */
};

/* Makes them as the worker does: filled and mapped, then sealed. Released by shared_drop, also when
 * only half was made. `turn` decides the numbers of the input. */
struct err shared_make(struct shared *shared, uint32_t turn);
void shared_drop(struct shared *shared);

/* Nothing was changed that must not be, nothing outgrew its limit, and no secret of the host is in
 * what was written. Else false, and the fault is told. */
bool shared_is_whole(const struct shared *shared, uint32_t turn, char *fault);

/* True, and the fault told, if a secret of the host is in this file. */
bool shared_tells(int fd, char *fault);

/* True if the words are in this file. */
bool shared_says(int fd, const char *words);

#endif
