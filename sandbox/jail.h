/* The slot's own house, built once: namespaces, an empty read-only root, and for compilers the view
 * of the toolchain. After jail_enter nothing of the host can be named from here. */
#ifndef SANDBOX_JAIL_H
#define SANDBOX_JAIL_H

#include "sandbox/base/err.h"
#include "sandbox/step.h"
#include "sandbox/wire.h"

#include <stdbool.h>
#include <stdint.h>

struct jail {
    int void_fd; /* empty directory: the root of kernel programs */
    int view_fd; /* root of compilers or of GPU launchers, -1: none */
    int proc_fd; /* the host's procfs, for our own number and OOM preference; never handed on */
};

struct jail_options {
    uint32_t id;    /* user and group to become, SLOT_SAME_ID: stay */
    int network_fd; /* a fresh network namespace to enter, -1: one is made */
    enum slot_view view;
    const struct slot_gpu *gpu; /* of SLOT_VIEW_GPU, borrowed */
    enum slot_step fail_step;   /* tests: this one fails */
};

/* Moves the calling process, which must be single-threaded, into the house. On failure the process
 * is half-way and can only exit; the text names the step and, where known, the switch. */
struct err jail_enter(const struct jail_options *options, struct jail *out_jail);

/* Mounts a fresh tmpfs of this size at /work of the view; out_fd is its root. */
struct err jail_work_mount(const struct jail *jail, uint64_t bytes, int *out_fd);

/* Takes it away; descriptors into it stay good until they are closed. */
struct err jail_work_unmount(const struct jail *jail);

#endif
