/* What the library and its slot say to each other: fixed structs over SOCK_SEQPACKET, one packet
 * each, under 4 KiB, descriptors alongside. Both sides are built from the same tree, yet every
 * packet carries version and size, and one that does not match is refused.
 *
 *   library                        slot
 *   SLOT_SETUP    [groups]     ->
 *                              <-  SLOT_READY, or SLOT_FAILED and the end
 *   SLOT_START    [program, fds, files_in]
 *                              <-  SLOT_STARTED [pidfd], or SLOT_FAILED
 *   SLOT_KILL (any time)       ->
 *                              <-  SLOT_ENDED [files_out that are there]
 *
 * SLOT_ENDED may come without SLOT_STARTED, when the run was killed at its very start. */
#ifndef SANDBOX_WIRE_H
#define SANDBOX_WIRE_H

#include "sandbox/profile.h"
#include "sandbox/sandbox.h"

#include <stdint.h>

#define SLOT_VERSION 4
#define SLOT_PACKET_MAX 4096
#define SLOT_WORDS_MAX 3072     /* argv, each word with its 0 */
#define SLOT_NAME_MAX 64        /* of a file of /work, with its 0 */
#define SLOT_SAME_ID UINT32_MAX /* setup: keep the user that we are */

enum slot_kind {
    SLOT_SETUP = 1,
    SLOT_READY,
    SLOT_START,
    SLOT_STARTED,
    SLOT_FAILED,
    SLOT_KILL,
    SLOT_ENDED,
};

struct slot_head {
    uint32_t version;
    uint32_t size; /* of the whole struct */
    uint32_t kind;
    uint32_t serial; /* of the run; 0 before the first */
};

/* struct sandbox_gpu, its words one after the other: path and name of each device, then libraries,
 * then texts. */
struct slot_gpu {
    uint32_t devices_count;
    uint32_t libraries_count;
    uint32_t texts_count;
    char words[SLOT_WORDS_MAX];
};

struct slot_setup {
    struct slot_head head;
    uint32_t id;        /* user and group to become, SLOT_SAME_ID: stay */
    uint32_t view;      /* enum slot_view */
    uint32_t fail_step; /* enum slot_step that shall fail, 0: none; for tests */
    /* Descriptors, in this order; those after them take "0" from whoever joins a group. */
    uint32_t has_run_group; /* the v2 group for runs */
    uint32_t has_network;   /* a fresh network namespace to enter, else the slot makes one */
    uint32_t unused;
    struct slot_gpu gpu; /* of SLOT_VIEW_GPU */
};

struct slot_start {
    struct slot_head head;
    uint32_t profile; /* enum sandbox_profile */
    int32_t cpu;
    uint64_t wall_ms;
    uint64_t cpu_ms;
    uint64_t data_bytes;          /* RLIMIT_DATA, UINT64_MAX: none */
    uint64_t address_space_bytes; /* RLIMIT_AS, UINT64_MAX: none */
    uint64_t work_bytes;          /* size of /work */
    uint64_t stack_bytes;
    uint64_t output_bytes;
    uint32_t threads;
    uint32_t has_program; /* the first descriptor is the program, else argv[0] in the view */
    uint32_t fds_count;
    uint32_t files_in_count;
    uint32_t files_out_count;
    uint32_t words_count;
    char names[2 * SANDBOX_FILES_MAX][SLOT_NAME_MAX]; /* files_in, then files_out */
    char words[SLOT_WORDS_MAX];
};

struct slot_started {
    struct slot_head head;
    int32_t pid; /* of the program, as the library's procfs counts; 0 if not to be learnt */
    int32_t unused;
};

struct slot_failed {
    struct slot_head head;
    uint32_t code; /* enum err_code */
    int32_t sys_errno;
    char text[160];
};

/* Why the slot killed a run. */
enum slot_stop { SLOT_STOP_NONE, SLOT_STOP_WALL, SLOT_STOP_CPU, SLOT_STOP_ASKED, SLOT_STOP_CALL };

struct slot_ended {
    struct slot_head head;
    uint32_t stop;   /* enum slot_stop */
    uint32_t reaped; /* the program ended by itself and `status` holds */
    int32_t status;  /* as of wait4 */
    int32_t syscall; /* of SLOT_STOP_CALL */
    char syscall_name[32];
    uint64_t syscall_argument; /* the second: of an ioctl, the request */
    uint64_t wall_us;
    uint64_t cpu_us;
    uint64_t peak_resident_bytes; /* shared pages included; 0: cannot tell */
    uint32_t files_mask;          /* bit i: files_out[i] is there, its descriptor comes along */
    uint32_t unused;
};

_Static_assert(sizeof(struct slot_setup) <= SLOT_PACKET_MAX, "a set-up fits one packet");
_Static_assert(sizeof(struct slot_start) <= SLOT_PACKET_MAX, "a request fits one packet");

#endif
