/* A plan in the numbers of one case, held against what a device takes. */
#include "assignments/launch.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The same for every architecture since sm_30 (CUDA C++ programming guide, table of technical
 * specifications). */
static const int64_t grid_max[3] = {INT32_MAX, 65535, 65535};
static const int64_t block_max[3] = {1024, 1024, 64};
#define BLOCK_THREADS_MAX 1024

/* One evaluation on its way. */
struct maker {
    const struct launch_plan *plan;
    const struct spec_case *one;
    const struct launch_limits *limits;
    struct launch_program *program;
    int line;
};

static struct err refuse(const struct maker *maker, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static struct err make_scratch(struct maker *maker);
static struct err make_step(struct maker *maker, const struct launch_step *step);
static struct err make_three(struct maker *maker, const char *what, const int *from, int count,
                             const int64_t max[3], uint32_t out[3]);
static struct err make_times(struct maker *maker, int repeat, struct launch_order *order);
static struct err number(struct maker *maker, int expression, const char *what, int64_t min,
                         int64_t max, int64_t *out);

struct err launch_program(const struct launch_plan *plan, const struct spec_case *one,
                          const struct launch_limits *limits, struct launch_program *out)
{
    struct maker maker = {.plan = plan, .one = one, .limits = limits, .program = out};

    memset(out, 0, sizeof *out);
    struct err err = make_scratch(&maker);
    for (int i = 0; i < plan->steps_count && !err_is(err); i++)
        err = make_step(&maker, &plan->steps[i]);
    return err;
}

int launch_argument_bytes(const struct launch_argument *argument)
{
    return argument->kind == LAUNCH_TENSOR || argument->kind == LAUNCH_SCRATCH ? 8 : 4;
}

/* Of a hidden case neither name nor numbers are told, nor which line it is: forty lines that differ
 * in one number would read a hidden size out. */
static struct err refuse(const struct maker *maker, const char *format, ...)
{
    char reason[110];
    va_list list;

    if (maker->one->hidden)
        return err_make(ERR_INPUT, "a launch line is beyond its bounds in a hidden case");
    va_start(list, format);
    (void)vsnprintf(reason, sizeof reason, format, list); /* cut: it is for people */
    va_end(list);
    return err_make(ERR_INPUT, "line %d: %s (case %.32s)", maker->line, reason, maker->one->name);
}

static struct err make_scratch(struct maker *maker)
{
    const struct launch_plan *const plan = maker->plan;
    int64_t total = 0;

    for (int i = 0; i < plan->scratch_count; i++) {
        int64_t bytes = 0;
        maker->line = plan->scratch[i].line;
        struct err err = number(maker, plan->scratch[i].bytes, "scratch", 0,
                                maker->limits->scratch_bytes, &bytes);
        if (err_is(err))
            return err;
        total += bytes;
        if (total > maker->limits->scratch_bytes)
            return refuse(maker, "scratch of %lld bytes together; at most %lld", (long long)total,
                          (long long)maker->limits->scratch_bytes);
        maker->program->scratch_bytes[i] = (uint64_t)bytes;
    }
    maker->program->scratch_count = plan->scratch_count;
    return err_none();
}

static struct err make_step(struct maker *maker, const struct launch_step *step)
{
    struct launch_order *const order = &maker->program->steps[maker->program->steps_count];
    int64_t shared = 0, value = 0;

    maker->line = step->line;
    _Static_assert(sizeof order->kernel == sizeof step->kernel, "copied whole");
    memcpy(order->kernel, step->kernel, sizeof order->kernel);
    struct err err = make_three(maker, "grid", step->grid, step->grid_count, grid_max, order->grid);
    if (!err_is(err))
        err = make_three(maker, "block", step->block, step->block_count, block_max, order->block);
    if (!err_is(err) &&
        (int64_t)order->block[0] * order->block[1] * order->block[2] > BLOCK_THREADS_MAX)
        err = refuse(maker, "a block of %u x %u x %u threads; at most %d", order->block[0],
                     order->block[1], order->block[2], BLOCK_THREADS_MAX);
    if (!err_is(err) && step->shared >= 0)
        err = number(maker, step->shared, "shared memory", 0, maker->limits->shared_bytes, &shared);
    if (err_is(err))
        return err;
    order->shared_bytes = (uint32_t)shared;
    order->arguments_count = step->arguments_count;
    for (int i = 0; i < step->arguments_count && !err_is(err); i++) {
        order->arguments[i] = step->arguments[i];
        if (step->arguments[i].kind != LAUNCH_NUMBER)
            continue;
        err = number(maker, step->arguments[i].value, "an argument", 0, INT32_MAX, &value);
        order->arguments[i].value = (int)value;
    }
    if (!err_is(err))
        err = make_times(maker, step->repeat, order);
    maker->program->steps_count++;
    return err;
}

static struct err make_three(struct maker *maker, const char *what, const int *from, int count,
                             const int64_t max[3], uint32_t out[3])
{
    struct err err = err_none();

    for (int i = 0; i < 3 && !err_is(err); i++) {
        int64_t value = 1;
        char name[16];
        (void)snprintf(name, sizeof name, "%s.%c", what, "xyz"[i]);
        if (i < count)
            err = number(maker, from[i], name, 1, max[i], &value);
        out[i] = (uint32_t)value;
    }
    return err;
}

static struct err make_times(struct maker *maker, int repeat, struct launch_order *order)
{
    int64_t times = 1;

    if (repeat >= 0) {
        const int line = maker->line;
        maker->line = maker->plan->repeats[repeat].line;
        struct err err = number(maker, maker->plan->repeats[repeat].count, "repeat", 0,
                                LAUNCH_TOTAL_MAX, &times);
        if (err_is(err))
            return err;
        maker->line = line;
    }
    order->repeat = repeat;
    order->times = (int32_t)times;
    maker->program->launches += times;
    return maker->program->launches <= LAUNCH_TOTAL_MAX
               ? err_none()
               : refuse(maker, "%lld launches in one call; at most %d",
                        (long long)maker->program->launches, LAUNCH_TOTAL_MAX);
}

static struct err number(struct maker *maker, int expression, const char *what, int64_t min,
                         int64_t max, int64_t *out)
{
    int64_t value = 0;
    struct err err =
        expression_value(&maker->plan->expressions[expression], maker->one->values, &value);

    if (err_is(err))
        return refuse(maker, "%s: %.80s", what, err.text);
    if (value < min || value > max)
        return refuse(maker, "%s is %lld; %lld to %lld is possible", what, (long long)value,
                      (long long)min, (long long)max);
    *out = value;
    return err_none();
}
