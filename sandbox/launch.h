/* The library's side of a slot: its process, its socket, its groups. Private to sandbox*.c. */
#ifndef SANDBOX_LAUNCH_H
#define SANDBOX_LAUNCH_H

#include "sandbox/group.h"
#include "sandbox/sandbox.h"
#include "sandbox/wire.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct sandbox {
    char program[PATH_MAX]; /* build/sandbox */
    char name[32];          /* of the slot, for ps */
    int tag;                /* tells the slots of one process apart */
    uint32_t id;            /* user of the slot, SLOT_SAME_ID: ours */
    uint32_t fail_step;
    enum slot_view view; /* that the slot has */
    bool has_gpu;        /* and could have: gpu holds */
    struct slot_gpu gpu;
    bool doubt; /* rebuild before the next run */
    int socket;
    int pidfd;
    pid_t pid;
    int cpu; /* that the slot was gathered to, -1: not yet */
    struct group group;

    /* of the run at hand */
    uint32_t serial;
    bool running;
    bool ended_early; /* `ended` came in place of SLOT_STARTED */
    struct slot_ended ended;
    int run_fd; /* pidfd of the program, -1: none */
    int run_pid;
    bool stopped; /* by SIGSTOP */
    struct sandbox_limits limits;
    uint64_t shared_bytes;
    int ended_fds[SANDBOX_FILES_MAX]; /* that came with `ended` */
    size_t ended_fds_count;
    int out_fds[SANDBOX_FILES_MAX]; /* the caller's memfds for files_out, our copies */
    size_t out_fds_count;
};

/* Starts the slot process, moves it into its groups, waits until it is ready. */
struct err launch_slot(struct sandbox *slot);

/* Moves slot and init next to us before a run: a hand-over on one processor takes 4 us, across two
 * 50 us, and milliseconds where the other one is busy. The program itself goes free. */
void launch_gather(struct sandbox *slot);

/* Ends the slot process and waits for it; whatever ran is dead then. The groups stay. */
void launch_end(struct sandbox *slot);

/* A user id that nobody on this host has, if we may choose one, else SLOT_SAME_ID. */
uint32_t launch_id(int tag);

#endif
