/* Timed answers that wait for their judgement: kept while the clock runs, judged after the last
 * pair on inputs made again from the key, so that none is kept and none can have been touched.
 * Nothing is measured then, so that the processor for timings judges the second half of them.
 *
 * Life: 1. the public fields, timing_answers_make  2. answers, judgements  3.
 * timing_answers_release, also after a failed make. */
#ifndef WORKER_TIMING_ANSWERS_H
#define WORKER_TIMING_ANSWERS_H

#include "worker/answer.h"
#include "worker/processors.h"
#include "worker/timing.h"
#include "worker/timing_pair.h"

#define TIMING_ANSWERS_MAX ((size_t)2 * TIMING_ATTEMPTS_MAX * TIMING_BLOCKS_MAX)

struct timing_answers {
    const struct job *job;               /* borrowed */
    const struct spec *spec;             /* borrowed */
    int index;                           /* of the case */
    struct wire_case *check;             /* borrowed: the row that judgements go to */
    const struct processors *processors; /* borrowed; NULL: one thread judges */
    int64_t judge_ns;                    /* what the last single judgement took; 0: none yet */
    size_t count;
    /* private */
    struct call given; /* owned: where inputs are made again */
    struct timing_answer {
        struct answer answer;
        uint64_t iteration;
    } list[TIMING_ANSWERS_MAX];
};

/* ERR_SYSTEM: no memory. */
struct err timing_answers_make(struct timing_answers *answers);
void timing_answers_release(struct timing_answers *answers);

/* Room for the answer of a call on the inputs of this iteration. */
struct err timing_answers_add(struct timing_answers *answers, uint64_t iteration,
                              struct answer **out);

/* Judges the one added last, now, and measures that; nothing if there is none. */
struct err timing_answers_judge_last(struct timing_answers *answers);

/* Judges all. The first wrong one, in the order of the calls, decides; what is dropped unread then
 * changes nothing. */
struct err timing_answers_judge(struct timing_answers *answers);

/* What judging all of them and so many more would take; two threads halve it but for what they cost
 * each other. */
int64_t timing_answers_need_ns(const struct timing_answers *answers, size_t more);

/* True if so many more would take too much memory: judge first. */
bool timing_answers_full(const struct timing_answers *answers, size_t more);

#endif
