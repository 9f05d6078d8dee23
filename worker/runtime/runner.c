/* main of the student's process: maps the pages that control.h describes, then calls the student's
 * function whenever the worker asks. It lives beside hostile code, so nothing depends on it: it
 * keeps no secret and gives no verdict. Linked with the runtime; no name of it is visible to a
 * student's file. */
#include "worker/runtime/control.h"
#ifdef DIAGNOSIS
#include "worker/runtime/diagnosis.h"
#endif

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void);

#define LINGER_PAUSES 4096 /* some 100 us */

/* crtbegin brings this for atexit; the runtime leaves crtbegin out, because all else in it serves
 * unwinding and transactions. */
extern void *__dso_handle; // NOLINT(bugprone-reserved-identifier): libc names it so
void *__dso_handle = NULL;

struct runner {
    struct control *control;
    char *inputs, *outputs;
};

static int runner_map(struct runner *runner);
static int runner_guard(const struct runner *runner);
static int runner_tell(void);
static void runner_call(const struct runner *runner);
static void linger(const struct control *control, uint32_t number);
static void float_reset(void);

int main(void)
{
    struct runner runner = {0};

    if (!runner_map(&runner) || !runner_guard(&runner))
        return CONTROL_EXIT_BROKEN;
    if (!runner_tell()) /* that it has its pages */
        return CONTROL_EXIT_BROKEN;

    for (uint64_t asked; read(FD_GO, &asked, sizeof asked) == (ssize_t)sizeof asked;) {
        const uint32_t number = runner.control->go;

        runner_call(&runner);
        runner.control->done = number;
        if (!runner_tell())
            break;
        /* After the word; of a timed call it is written at the start of the next. */
        (void)fflush(stdout); /* a full or closed stdout is the student's loss */
        linger(runner.control, number);
    }
    _exit(0); /* the student's atexit functions have no call to answer */
}

static int runner_map(struct runner *runner)
{
    void *page =
        mmap(NULL, CONTROL_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, FD_CONTROL, 0);
    if (page == MAP_FAILED)
        return 0;
    runner->control = page;
    if (runner->control->arguments_count != (uint32_t)adapter_arguments_count)
        return 0;

    if (runner->control->inputs_bytes > 0) {
        runner->inputs = mmap(NULL, runner->control->inputs_bytes, PROT_READ,
                              MAP_SHARED | MAP_POPULATE, FD_INPUTS, 0);
        if (runner->inputs == MAP_FAILED)
            return 0;
    }
    if (runner->control->outputs_bytes > 0) {
        runner->outputs = mmap(NULL, runner->control->outputs_bytes, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_POPULATE, FD_OUTPUTS, 0);
        if (runner->outputs == MAP_FAILED)
            return 0;
    }
    return 1;
}

static int runner_guard(const struct runner *runner)
{
    const struct control *control = runner->control;

    for (uint32_t i = 0; i < control->guards_count && i < CONTROL_GUARDS_MAX; i++) {
        const uint64_t guard = control->guards[i];
        char *base = (guard & 1) ? runner->outputs : runner->inputs;
        if (mprotect(base + (guard & ~(uint64_t)1), CONTROL_PAGE, PROT_NONE) < 0)
            return 0;
    }
    return 1;
}

static int runner_tell(void)
{
    const uint64_t one = 1;
    return write(FD_DONE, &one, sizeof one) == (ssize_t)sizeof one;
}

static void runner_call(const struct runner *runner)
{
    const struct control *control = runner->control;
    int64_t values[CONTROL_ARGUMENTS_MAX];
    double scalars[CONTROL_ARGUMENTS_MAX];
    void *tensors[CONTROL_ARGUMENTS_MAX];

    for (int i = 0; i < CONTROL_ARGUMENTS_MAX; i++) {
        const uint64_t place = control->places[i];
        char *base = (place & 1) ? runner->outputs : runner->inputs;
        values[i] = control->values[i];
        scalars[i] = control->scalars[i];
        tensors[i] = control->is_tensor[i] ? base + (place & ~(uint64_t)1) : NULL;
    }
#ifdef DIAGNOSIS
    diagnosis_begin(runner->control, runner->inputs, runner->outputs);
#endif
    float_reset();
    adapter_call(values, scalars, tensors);
}

/* The worker is about to freeze us, and its clock runs until we are: a processor that has gone to
 * sleep takes longer to stop than one that turns round. */
static void linger(const struct control *control, uint32_t number)
{
    for (int i = 0; i < LINGER_PAUSES && control->go == number; i++)
        __builtin_ia32_pause();
}

/* As at the start of a program: round to nearest, nothing flushed to zero, nothing trapped, no flag
 * raised, the x87 stack empty and at full precision; and strings run upwards. */
static void float_reset(void)
{
    const uint32_t mxcsr = 0x1f80; /* its value after reset: Intel SDM volume 1, 10.2.3 */

    __asm__ volatile("fninit\n\tldmxcsr %0\n\tcld" : : "m"(mxcsr) : "memory", "cc");
}
