/* One answer against the oracle, told as the row of a case. */
#ifndef WORKER_JUDGE_H
#define WORKER_JUDGE_H

#include "assignments/random.h"
#include "reference/oracle.h"
#include "worker/answer.h"
#include "worker/wire.h"

/* A row of this case, passed, nothing measured. */
void judge_row(struct wire_case *one, int index);

/* Judges the answer and keeps the larger error ratio in `one`. If it is wrong: verdict, and for a
 * visible case mismatch, map, code and detail.
 *
 * call_number  of this case, from 0
 * ERR_SYSTEM, ERR_INTERNAL: the oracle could not work. */
struct err judge_answer(const struct call *given, const struct answer *answer, int call_number,
                        struct wire_case *one);

/* The same of a sample of its rows where the case asks for that and the assignment can (reference/
 * rows.h), drawn from the key and iteration of its inputs; else of all of it. */
struct err judge_sample(const struct call *given, const struct answer *answer,
                        const unsigned char key[RANDOM_KEY_BYTES], uint64_t iteration,
                        struct wire_case *one);

/* The row of a write beside tensor `argument`: a runtime error. */
void judge_outside(const struct spec *spec, int argument, struct wire_case *one);

#endif
