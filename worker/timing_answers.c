/* A list in the order of the calls. */
#include "worker/timing_answers.h"

#include "assignments/inputs.h"
#include "sandbox/base/clock.h"
#include "worker/judge.h"

#include <assert.h>

#define BYTES_MAX ((size_t)1 << 30) /* beyond, answers are judged between blocks */

static struct err judge(struct timing_answers *answers, const struct timing_answer *one);

struct err timing_answers_make(struct timing_answers *answers)
{
    answers->count = 0;
    return call_allocate(&answers->given, answers->spec, &answers->spec->cases[answers->index]);
}

void timing_answers_release(struct timing_answers *answers)
{
    for (size_t i = 0; i < answers->count; i++)
        answer_release(&answers->list[i].answer);
    answers->count = 0;
    call_release(&answers->given);
}

struct err timing_answers_add(struct timing_answers *answers, uint64_t iteration,
                              struct answer **out)
{
    struct timing_answer *const next = &answers->list[answers->count];

    assert(answers->count < TIMING_ANSWERS_MAX); /* no more calls than that */
    struct err err =
        answer_make(&next->answer, answers->spec, &answers->spec->cases[answers->index]);
    if (err_is(err))
        return err;
    next->iteration = iteration;
    answers->count++;
    *out = &next->answer;
    return err_none();
}

struct err timing_answers_judge_last(struct timing_answers *answers)
{
    if (answers->count == 0)
        return err_none();
    struct timing_answer *const last = &answers->list[--answers->count];
    const int64_t started_ns = clock_ns();
    struct err err = judge(answers, last);
    answers->judge_ns = clock_ns() - started_ns;
    answer_release(&last->answer);
    return err;
}

struct err timing_answers_judge(struct timing_answers *answers)
{
    struct err err = err_none();

    for (size_t i = 0; i < answers->count && !err_is(err); i++)
        if (answers->check->verdict == VERDICT_PASS)
            err = judge(answers, &answers->list[i]);
    for (size_t i = 0; i < answers->count; i++)
        answer_release(&answers->list[i].answer);
    answers->count = 0;
    return err;
}

bool timing_answers_full(const struct timing_answers *answers, size_t more)
{
    return answers->count > 0 &&
           (answers->count + more > TIMING_ANSWERS_MAX ||
            (answers->count + more) * answers->list[0].answer.bytes > BYTES_MAX);
}

static struct err judge(struct timing_answers *answers, const struct timing_answer *one)
{
    const struct spec_case *const which = &answers->spec->cases[answers->index];
    inputs_fn fill = inputs_find(answers->spec->name);
    struct random random;

    if (fill == NULL)
        return err_make(ERR_INTERNAL, "no input generator for '%s'", answers->spec->name);
    random_init(&random, answers->job->key, which->name, one->iteration);
    struct err err = fill(&answers->given, &random);
    return err_is(err) ? err
                       : judge_sample(&answers->given, &one->answer, answers->job->key,
                                      one->iteration, answers->check);
}
