/* A thread that spins. */
#include "worker/awake.h"

#include "sandbox/kernel.h"

#include <emmintrin.h>
#include <sched.h>
#include <signal.h>

static void *spin(void *argument);

void awake_start(struct awake *awake, int cpu)
{
    sigset_t all, before;

    *awake = (struct awake){.cpu = cpu};
    (void)sigfillset(&all); /* signals are the worker's */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    awake->started = pthread_create(&awake->thread, NULL, spin, awake) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void awake_end(struct awake *awake)
{
    if (!awake->started)
        return;
    atomic_store(&awake->over, true);
    (void)pthread_join(awake->thread, NULL); /* it ends */
    awake->started = false;
}

static void *spin(void *argument)
{
    struct awake *awake = argument;
    const struct sched_param none = {.sched_priority = 0};
    cpu_set_t here;

    CPU_ZERO(&here);
    CPU_SET((size_t)awake->cpu, &here);
    if (kernel_go_first(0) == 0 && sched_setscheduler(0, SCHED_IDLE, &none) == 0 &&
        sched_setaffinity(0, sizeof here, &here) == 0)
        while (!atomic_load_explicit(&awake->over, memory_order_relaxed))
            _mm_pause();
    return NULL;
}
