/* The page that worker and runner share: how a call is asked for. Included by the trusted worker
 * and by the runner, which lives in the student's process: the worker believes nothing that it
 * reads here; the done word is only a hint when to look.
 *
 * Descriptors of the runner: 0 go (eventfd, read)  1 stdout  2 stderr  3 this page (memfd, shared)
 * 4 inputs (memfd, read-only)  5 outputs (memfd)  6 done (eventfd, written).
 *
 * Once it has mapped its pages, and before any code of the student runs, the runner writes the
 * done event. Per call: the worker fills tensors, places, values, scalars, then adds 1 to `go` and
 * writes the go eventfd. The runner resets the floating-point environment, calls adapter_call,
 * stores go's number in `done`, writes the done eventfd, flushes stdout and reads the go eventfd
 * again. End of file or any error there: it exits with 0. arguments_count, the two sizes and the
 * guards hold for the life of the process and are written before it starts.
 *
 * Both mappings are made once, populated, before the first call; the guard pages named here lose
 * every right. Each tensor lies at the end of its region, 64-byte aligned, right below a guard
 * page. */
#ifndef WORKER_RUNTIME_CONTROL_H
#define WORKER_RUNTIME_CONTROL_H

#include "worker/runtime/found.h"

#include <stdint.h>

#define CONTROL_ARGUMENTS_MAX 20
#define CONTROL_GUARDS_MAX 44
#define CONTROL_PAGE 4096

/* Exit code of a diagnosis build that ends itself because it has found something, or cannot go on.
 */
#define CONTROL_EXIT_FOUND 122

/* Exit code of a runner that could not map its pages. Before it was ready no code of the student
 * has run, so it is ours; later the code may be the student's own doing and says nothing. */
#define CONTROL_EXIT_BROKEN 121

enum control_fd {
    FD_GO,
    FD_STDOUT,
    FD_STDERR,
    FD_CONTROL,
    FD_INPUTS,
    FD_OUTPUTS,
    FD_DONE,
    FD_COUNT
};

/* Written by the student's process: every field of it is a claim. */
struct control_finding {
    uint32_t kind; /* enum found */
    uint32_t is_write;
    uint64_t pc; /* inside the instruction that did it; 0: unknown */
    int64_t argument;
    int64_t offset; /* bytes from the start of the tensor, array or block */
    uint64_t object_bytes;
    int64_t value;
    char name[48];
};

struct control {
    _Alignas(64) volatile uint32_t go; /* number of the call asked for; written by the worker */
    _Alignas(
        64) volatile uint32_t done; /* number of the last call finished; written by the runner */
    _Alignas(64) uint32_t arguments_count;
    uint32_t guards_count;
    uint64_t inputs_bytes, outputs_bytes;   /* of the two memfds, whole pages */
    uint64_t guards[CONTROL_GUARDS_MAX];    /* offsets of guard pages; bit 0 set: in outputs */
    uint64_t places[CONTROL_ARGUMENTS_MAX]; /* offset of each tensor; bit 0 set: in outputs */
    int64_t values[CONTROL_ARGUMENTS_MAX];  /* sizes and options */
    double scalars[CONTROL_ARGUMENTS_MAX];
    uint8_t is_tensor[CONTROL_ARGUMENTS_MAX];
    uint64_t bytes[CONTROL_ARGUMENTS_MAX]; /* of each tensor; the rest is for diagnosis builds */
    uint8_t unset[CONTROL_ARGUMENTS_MAX];  /* an output of 4-byte elements: none is written yet */
    struct control_finding finding;
};

_Static_assert(sizeof(struct control) <= CONTROL_PAGE, "control fits one page");

/* Generated per assignment by build/adapter: unpacks and calls the student's function. */
void adapter_call(const int64_t *values, const double *scalars, void *const *tensors);
extern const int adapter_arguments_count;

#endif
