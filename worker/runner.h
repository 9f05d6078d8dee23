/* The trusted side of worker/runtime/control.h: one resident process of a student's program (or of
 * the baseline), the memory it shares with us, and calls of its function.
 *
 * Invariants
 * - The process reads its inputs and can never write them: the memfd was sealed before it saw it.
 * - Every page was written by us first, so it is charged to us and not to the student.
 * - Nothing in shared memory is believed: the done word says when to look, no more. Answers are
 *   copied once, while the process is frozen.
 * - How the program ended is data (struct runner_result); a struct err is ours, and the slot must
 *   then be closed by whoever opened it.
 *
 * Life: 1. runner_new  2. per call: runner_ready, runner_fill, runner_call or runner_call_timed,
 * and if that says RUNNER_DONE: runner_answer  3. runner_free. */
#ifndef WORKER_RUNNER_H
#define WORKER_RUNNER_H

#include "assignments/call.h"
#include "assignments/random.h"
#include "sandbox/base/buf.h"
#include "sandbox/sandbox.h"
#include "worker/answer.h"
#include "worker/runtime/control.h"

struct runner;

struct runner_plan {
    struct sandbox *slot;    /* borrowed */
    const struct spec *spec; /* borrowed */
    int program;             /* borrowed: as compile_source made it */
    const int *cases;        /* the cases that will be called; borrowed for runner_new only */
    size_t cases_count;
    unsigned calls; /* that one process may see at most: bounds its whole life */
    int cpu;        /* pin to this processor, -1: anywhere */
    size_t gap;     /* bytes between tensors, whole pages; 0: one page */
};

enum runner_end {
    RUNNER_DONE,       /* the call came back, or says so */
    RUNNER_DIED,       /* `died` says how */
    RUNNER_CPU_LIMIT,  /* of one call; we killed it */
    RUNNER_WALL_LIMIT, /* likewise */
};

struct runner_result {
    enum runner_end end;
    struct sandbox_result died; /* of everything but RUNNER_DONE */
    double cpu_ms;              /* of this call */
    double delay_ms;            /* of it, of RUNNER_DONE: ready, but others had its processor */
    int64_t took_ns; /* from before the thaw to the confirmed freeze, or to the end seen */
};

/* Lays out and fills the shared memory; starts nothing. */
struct err runner_new(struct runner **out, const struct runner_plan *plan);

/* Kills what runs. NULL is fine. */
void runner_free(struct runner *runner);

/* Sees to it that a process stands still and waits for a call: starts one if there is none, or if
 * the end of the last one was told. out_fresh (may be NULL): it has seen no call yet. */
struct err runner_ready(struct runner *runner, bool *out_fresh);

/* Ends the process, if there is one: the next runner_ready is a launch of its own. */
struct err runner_stop(struct runner *runner);

/* Two runners of the same plan but for slot and program, neither with a process, change shared
 * memories: where its pages lie is a per cent or two of a program's time, for as long as they do.
 */
void runner_exchange(struct runner *one, struct runner *other);

/* Makes the inputs of this call from the key and poisons the outputs. The process stands still. */
struct err runner_fill(struct runner *runner, int case_index,
                       const unsigned char key[RANDOM_KEY_BYTES], uint64_t iteration);

/* The same inputs as another runner of the same plan was last filled with. */
void runner_fill_from(struct runner *runner, const struct runner *other);

/* The call as filled: inputs lie in shared memory that only we can write, inouts hold their initial
 * values in memory of ours; outputs are NULL. Good until the next fill. */
const struct call *runner_given(const struct runner *runner);

/* Writes every line of inputs and outputs out of the caches. */
void runner_flush(const struct runner *runner);

/* Calls and waits: for the done event, the end of the program, or the limits of one call. A process
 * that is not dead is frozen on return; one that cannot be frozen, because it sits in a call of the
 * kernel for seconds, is killed and told as RUNNER_WALL_LIMIT. ERR_INTERNAL: the runner could not
 * map its pages. */
struct err runner_call(struct runner *runner, struct runner_result *out);

/* Whether there is a process, as far as we know, and whether it goes before everything else on its
 * processor. */
bool runner_is_up(const struct runner *runner);
bool runner_goes_first(const struct runner *runner);

/* From where a timed call is watched. */
enum runner_watch {
    RUNNER_APART,  /* from another processor, spinning on the done word */
    RUNNER_BESIDE, /* from the program's own, asleep until its done event; no processor has to be
                    * woken or told anything by another: a third of the time for itself. Only if
                    * runner_goes_first, and the caller may be KERNEL_WATCHER. */
};

/* The same for the clock: the process is frozen before. */
struct err runner_call_timed(struct runner *runner, enum runner_watch from,
                             struct runner_result *out);

/* Copies outputs and inouts of the call into `answer`, made for the same case. Returns the argument
 * beside which something was written that is not its own, or -1. */
int runner_answer(const struct runner *runner, struct answer *answer);

/* What a diagnosis build says that it found: every field is a claim of the student's process. */
void runner_finding(const struct runner *runner, struct control_finding *out);

/* Appends what the program wrote to stderr since the last time, at most `max` bytes of it, and
 * empties both streams, so that every case has its own allowance. */
struct err runner_take_stderr(struct runner *runner, struct buf *out, size_t max);

#endif
