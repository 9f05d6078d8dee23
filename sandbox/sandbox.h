/* Runs one untrusted program within numbers and file descriptors. This is the library; the program
 * build/sandbox is the resident slot behind it, and a command for people.
 *
 * Invariants
 * - The program has no host file, no network, no name for anything outside: only the descriptors
 *   that the request lists, numbered from 0, and an empty read-only root (profile `compile`: the
 *   toolchain read-only, and a fresh private /work; profile `gpu-launcher`: the device nodes and
 *   libraries that sandbox_options.gpu lists).
 * - Whatever the program started is dead before its result is told.
 * - What the program did is a struct sandbox_result; a struct err is always our own failure and
 *   cannot be caused by an exit code, a signal or anything else that the program does.
 * - A slot that is in doubt is rebuilt by the next sandbox_start, not reused.
 *
 * Life of a slot: 1. sandbox_open  2. any number of: sandbox_start, then while it runs
 * sandbox_cpu_us, sandbox_freeze, sandbox_thaw, sandbox_kill, and sandbox_wait until it tells the
 * result  3. sandbox_close. A slot runs one program at a time; use several slots for several. */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include "sandbox/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SANDBOX_FDS_MAX 8   /* descriptors handed to one program */
#define SANDBOX_FILES_MAX 6 /* files placed into, or taken out of, /work */
#define SANDBOX_ARGS_MAX 64 /* words on the command line, 3 KiB together */
#define SANDBOX_DEVICES_MAX 8
#define SANDBOX_LIBRARIES_MAX 16
#define SANDBOX_TEXTS_MAX 8

enum sandbox_profile {
    SANDBOX_KERNEL,       /* a static program, one thread */
    SANDBOX_THREADS,      /* the same with `threads` threads */
    SANDBOX_COMPILE,      /* cc1, as, ld: the toolchain read-only, /work, no network */
    SANDBOX_GPU_LAUNCHER, /* our own launcher and a GPU's driver: see struct sandbox_gpu */
    SANDBOX_PROFILE_LAST = SANDBOX_GPU_LAUNCHER,
};

struct sandbox_limits {
    uint64_t wall_ms;      /* 1 .. 3,600,000; of the whole run */
    uint64_t cpu_ms;       /* 1 .. 3,600,000; all threads and processes together */
    uint64_t memory_bytes; /* private memory of the run, 1 MiB .. 1 TiB */
    uint64_t stack_bytes;  /* 64 KiB .. 1 GiB */
    uint64_t output_bytes; /* of any one descriptor or file that it writes; RLIMIT_FSIZE */
    unsigned threads;      /* 1 .. 256 threads or processes at once */
};

/* A file of /work in profile `compile`. */
struct sandbox_file {
    const char *name; /* plain name without '/', at most 63 bytes */
    int fd;           /* in: read from its start. out: a memfd that receives the bytes */
};

struct sandbox_request {
    enum sandbox_profile profile;
    int program_fd;          /* a static ELF (gpu-launcher: or a dynamic one); -1: argv[0] is a
                                path inside the view of compile or gpu-launcher */
    const char *const *argv; /* NULL-terminated */
    const int *fds;          /* become 0, 1, 2, …; borrowed for the call */
    size_t fds_count;        /* at most SANDBOX_FDS_MAX */
    const struct sandbox_file *files_in;
    size_t files_in_count;
    const struct sandbox_file *files_out; /* copied out after the end, bounded by output_bytes */
    size_t files_out_count;
    struct sandbox_limits limits;
    int cpu; /* pin to this processor, -1: anywhere */
};

enum sandbox_end {
    SANDBOX_EXITED,         /* exit_code holds */
    SANDBOX_SIGNALLED,      /* signal holds; its own fault or its own doing */
    SANDBOX_WALL_LIMIT,     /* our deadline */
    SANDBOX_CPU_LIMIT,      /* RLIMIT_CPU or the group's clock */
    SANDBOX_MEMORY_LIMIT,   /* the kernel's OOM counter of the group says so; see `evidence` */
    SANDBOX_OUTPUT_LIMIT,   /* SIGXFSZ */
    SANDBOX_FORBIDDEN_CALL, /* SIGSYS from the filter; syscall_name holds */
    SANDBOX_KILLED,         /* sandbox_kill was called */
};

struct sandbox_result {
    enum sandbox_end end;
    int exit_code;         /* of SANDBOX_EXITED */
    int signal;            /* of SANDBOX_SIGNALLED */
    int syscall;           /* number, of SANDBOX_FORBIDDEN_CALL, -1 if it could not be learnt */
    char syscall_name[32]; /* "openat"; "" unless forbidden */
    uint64_t wall_us;
    uint64_t cpu_us;     /* user and system of everything in the run */
    uint64_t peak_bytes; /* private memory at its highest; 0 if this back end cannot tell */
    bool stack_overflow; /* a SIGSEGV next to the end of the stack: a hint, not proof */
    bool files_cut;      /* some files_out entry was missing, no regular file, or too long */
    char evidence[96];   /* what the verdict rests on, for logs and appeals */
};

/* How a slot limits memory and processes and kills: chosen by probing. */
enum sandbox_backend {
    SANDBOX_CGROUP_V2,
    SANDBOX_CGROUP_V1, /* v1 memory and pids, v2 (hybrid) for kill, freeze and CPU time */
    SANDBOX_RLIMITS,
};

/* What profile `gpu-launcher` shows besides an empty, read-only root: nothing else of the host can
 * be named. It is for a launcher of the caller's own, which loads the driver's libraries at run
 * time and feeds a device with strangers' code; that code never runs on the processor.
 *
 * - Device nodes are opened for reading and writing under /dev, and take the driver's own requests
 *   (policy.c lists them, a reason beside each) and no other ioctl. Tests name stand-ins:
 *   {"/dev/null", "nvidiactl"}.
 * - Libraries (and programs, for argv[0]) appear read-only under their own paths, with whatever the
 *   dynamic linker loads for them, the linker itself included. There is no ld.so.cache: outside the
 *   linker's standard directories a library must be loaded by its whole path. Paths must be
 *   reachable for any user, for that is who the slot becomes.
 * - Texts are copied as they are when the slot is made, at most 16 KiB each; one that is missing is
 *   left out. /proc and /sys are otherwise absent.
 * - Threads up to limits.threads (a driver starts three or four of its own); fork, vfork, exec and
 *   mknod answer EPERM, since drivers try helpers of their own; local sockets can be made, bound
 *   and listened to, for a driver insists, but nobody can connect. The environment is empty.
 * - memory_bytes counts the process's own memory, and pinned pages of it, not the device's. Without
 *   groups the address space is not limited here: drivers reserve terabytes.
 *
 * sandbox/gpu.h finds all of it on a host that has a GPU. */
struct sandbox_device {
    const char *path; /* of a character device on the host, "/dev/nvidia0" */
    const char *name; /* below /dev of the view: "nvidia0", "nvidia-caps/nvidia-cap1" */
};

struct sandbox_gpu {
    const struct sandbox_device *devices;
    size_t devices_count;         /* 1 .. SANDBOX_DEVICES_MAX */
    const char *const *libraries; /* NULL-terminated, at most SANDBOX_LIBRARIES_MAX; NULL: none */
    const char *const *texts;     /* NULL-terminated, at most SANDBOX_TEXTS_MAX; NULL: none */
};

struct sandbox_options {
    const char *program; /* path of build/sandbox; NULL: "sandbox" beside /proc/self/exe */
    const char *name;    /* of the slot, shown by ps: "student", "baseline"; NULL: none */
    bool require_cgroup; /* refuse to run with rlimits alone */
    const enum sandbox_backend *only; /* exactly this one, for tests; NULL: the best that works */
    unsigned fail_step;               /* tests: this set-up step of sandbox/step.h fails; 0: none */
    const struct sandbox_gpu *gpu;    /* of profile gpu-launcher, copied; NULL: not for that */
};

struct sandbox; /* one slot */

/* Starts a slot. ERR_SYSTEM names the switch that is missing (user namespaces gated, …).
 * The slot dies with the thread that opened it (or rebuilt it by sandbox_start). */
struct err sandbox_open(const struct sandbox_options *options, struct sandbox **out_slot);

/* Kills what runs, ends the slot process, removes its groups. NULL is fine. */
void sandbox_close(struct sandbox *slot);

/* Starts a program. ERR_INPUT: the request is nonsense (field and range named) or the program is
 * no static x86-64 ELF; the slot stays usable. ERR_SYSTEM: set-up failed, ours. Returns as soon as
 * the program has been exec'ed. */
struct err sandbox_start(struct sandbox *slot, const struct sandbox_request *request);

/* Readable when sandbox_wait would not block; for poll. Owned by the slot; may change with
 * sandbox_start. */
int sandbox_fd(const struct sandbox *slot);

/* Waits at most timeout_ms (< 0: for ever) for the end; out_result is written only when *out_done.
 * The run's own wall and CPU limits are kept by the slot whether or not anybody waits. */
struct err sandbox_wait(struct sandbox *slot, int64_t timeout_ms, bool *out_done,
                        struct sandbox_result *out_result);

/* True once the program has ended, although its result may still be on the way: while it is frozen
 * nobody can tell it. Never blocks. */
bool sandbox_is_over(const struct sandbox *slot);

/* CPU time of the running program so far. */
struct err sandbox_cpu_us(struct sandbox *slot, uint64_t *out_cpu_us);

/* How long the program's first thread was ready so far while others had its processor, in
 * nanoseconds; 0 where the kernel does not count that. */
uint64_t sandbox_delay_ns(const struct sandbox *slot);

/* Lets the program's first thread, and all that it starts from then on, go before everything else
 * on its processors. False where that is not ours to ask for (root, or RLIMIT_RTPRIO of 1); nothing
 * has changed then. Whoever asks looks after it: the slot ends it at the limits of the whole run.
 */
bool sandbox_hurry(struct sandbox *slot);

/* Kills the running program; its result is then SANDBOX_KILLED unless it had ended before. */
struct err sandbox_kill(struct sandbox *slot);

/* Stops every thread of the running program and returns when that is confirmed (about 20-60 us),
 * and lets it go on. Never waits by polling with sleeps: re-reads. */
struct err sandbox_freeze(struct sandbox *slot);
struct err sandbox_thaw(struct sandbox *slot);

/* The same for a caller on the very processor of a program that goes first (sandbox_hurry), and of
 * the same priority: it gives way, since the program runs on for a moment to stop (about 15 us). */
struct err sandbox_freeze_beside(struct sandbox *slot);

/* start + wait for ever. */
struct err sandbox_run(struct sandbox *slot, const struct sandbox_request *request,
                       struct sandbox_result *out_result);

/* The back end in use, and its word: "cgroup-v2", "cgroup-v1", "rlimits". */
enum sandbox_backend sandbox_backend(const struct sandbox *slot);
const char *sandbox_backend_word(enum sandbox_backend backend);

/* The word of an end: "exited", "wall_limit", … */
const char *sandbox_end_word(enum sandbox_end end);

#endif
