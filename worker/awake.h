/* Keeps the processor of timings awake between calls. One that has gone to sleep takes its host, or
 * its own power management, some 50 us to wake, and the clock of a call runs meanwhile: at the
 * thaw, and again at the freeze. Something that spins there in the idle class keeps it awake and
 * takes nothing from a real-time program (sandbox_hurry). Without the right to real-time nothing
 * spins: it would take its share of what is measured. */
#ifndef WORKER_AWAKE_H
#define WORKER_AWAKE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct awake {
    int cpu;
    bool started;
    atomic_bool over;
    pthread_t thread;
};

/* Where no thread can be had, the processor sleeps as before. The struct must stay where it is
 * until awake_end, which may be called without a start on a zeroed one. */
void awake_start(struct awake *awake, int cpu);
void awake_end(struct awake *awake);

#endif
