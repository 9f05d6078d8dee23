/* A list in the order of the calls, judged from its start and from its middle at once. */
#include "worker/timing_answers.h"

#include "assignments/inputs.h"
#include "sandbox/base/clock.h"
#include "worker/judge.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>

#define BYTES_MAX ((size_t)1 << 30) /* beyond, answers are judged between blocks */

/* What one thread judges, in order, until one is wrong. */
struct share {
    const struct timing_answers *answers;
    struct call *given; /* where it makes inputs again */
    struct wire_case *row;
    size_t from, to; /* `to` is the next thread's */
    struct err err;
};

static bool halves_judge(struct timing_answers *answers, struct err *out_err);
static bool share_start(pthread_t *out, struct share *share, int processor);
static void *share_judge(void *context);
static struct err judge(const struct timing_answers *answers, const struct timing_answer *one,
                        struct call *given, struct wire_case *row);

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
    struct err err = judge(answers, last, &answers->given, answers->check);
    answers->judge_ns = clock_ns() - started_ns;
    answer_release(&last->answer);
    return err;
}

struct err timing_answers_judge(struct timing_answers *answers)
{
    struct share all = {answers, &answers->given, answers->check, 0, answers->count, err_none()};

    if (!halves_judge(answers, &all.err))
        (void)share_judge(&all);
    for (size_t i = 0; i < answers->count; i++)
        answer_release(&answers->list[i].answer);
    answers->count = 0;
    return all.err;
}

int64_t timing_answers_need_ns(const struct timing_answers *answers, size_t more)
{
    const int64_t all_ns = (int64_t)(answers->count + more) * answers->judge_ns;

    return answers->processors != NULL ? all_ns * 3 / 5 : all_ns;
}

bool timing_answers_full(const struct timing_answers *answers, size_t more)
{
    return answers->count > 0 &&
           (answers->count + more > TIMING_ANSWERS_MAX ||
            (answers->count + more) * answers->list[0].answer.bytes > BYTES_MAX);
}

/* The second half on the processor for timings, in a thread of its own with a row of its own.
 * False, and nothing is done, where there is no such processor, or no memory for more inputs. */
static bool halves_judge(struct timing_answers *answers, struct err *out_err)
{
    const struct processors *const processors = answers->processors;
    const size_t middle = (answers->count + 1) / 2;
    struct wire_case row = *answers->check;
    struct call given = {0};
    pthread_t thread;

    if (processors == NULL || answers->count < 2 || err_is(processors_leave(processors)))
        return false;
    struct share first = {answers, &answers->given, answers->check, 0, middle, err_none()};
    struct share second = {answers, &given, &row, middle, answers->count, err_none()};
    const bool both =
        !err_is(call_allocate(&given, answers->spec, &answers->spec->cases[answers->index])) &&
        share_start(&thread, &second, processors->timing);
    if (both) {
        (void)share_judge(&first);
        (void)pthread_join(thread, NULL);
        *out_err = err_is(first.err) ? first.err : second.err;
        if (answers->check->verdict == VERDICT_PASS) {
            row.error_ratio = fmax(row.error_ratio, answers->check->error_ratio);
            *answers->check = row;
        }
    }
    call_release(&given);
    return both;
}

static bool share_start(pthread_t *out, struct share *share, int processor)
{
    pthread_attr_t how;
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)processor, &set);
    if (pthread_attr_init(&how) != 0)
        return false;
    const bool started = pthread_attr_setaffinity_np(&how, sizeof set, &set) == 0 &&
                         pthread_create(out, &how, share_judge, share) == 0;
    (void)pthread_attr_destroy(&how);
    return started;
}

static void *share_judge(void *context)
{
    struct share *const share = context;

    for (size_t i = share->from; i < share->to && !err_is(share->err); i++)
        if (share->row->verdict == VERDICT_PASS)
            share->err = judge(share->answers, &share->answers->list[i], share->given, share->row);
    return NULL;
}

static struct err judge(const struct timing_answers *answers, const struct timing_answer *one,
                        struct call *given, struct wire_case *row)
{
    const struct spec_case *const which = &answers->spec->cases[answers->index];
    inputs_fn fill = inputs_find(answers->spec->name);
    struct random random;

    if (fill == NULL)
        return err_make(ERR_INTERNAL, "no input generator for '%s'", answers->spec->name);
    random_init(&random, answers->job->key, which->name, one->iteration);
    struct err err = fill(given, &random);
    return err_is(err) ? err
                       : judge_sample(given, &one->answer, answers->job->key, one->iteration, row);
}
