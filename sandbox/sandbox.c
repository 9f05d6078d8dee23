/* The library: one struct sandbox is one slot process and at most one run in it. */
#include "sandbox/sandbox.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "sandbox/gpu.h"
#include "sandbox/launch.h"
#include "sandbox/profile.h"
#include "sandbox/request.h"
#include "sandbox/verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define START_MS 30000 /* between request and exec; also covers files_in of a full disk's speed */

static struct err find_program(const struct sandbox_options *options, char out[PATH_MAX]);
static struct err open_best(struct sandbox *slot, const struct sandbox_options *options);
static struct err open_backend(struct sandbox *slot, enum sandbox_backend backend,
                               const struct group_view *view);
static struct err rebuild(struct sandbox *slot, enum slot_view view);
static void keep_outputs(struct sandbox *slot, const struct sandbox_request *request);
static struct err start_run(struct sandbox *slot, const struct sandbox_request *request);
static struct err await_start(struct sandbox *slot);
static struct err receive(struct sandbox *slot, void *packet, size_t max, size_t *out_size,
                          int *out_fds, size_t *out_fds_count);
static struct err receive_end(struct sandbox *slot);
static struct err conclude(struct sandbox *slot, struct sandbox_result *out_result);
static bool copy_outputs(struct sandbox *slot);
static bool copy_file(int from, int to, uint64_t max);
static void forget_run(struct sandbox *slot);
static struct err in_doubt(struct sandbox *slot, struct err err);

struct err sandbox_open(const struct sandbox_options *options, struct sandbox **out_slot)
{
    struct sandbox *slot = calloc(1, sizeof *slot);
    if (slot == NULL)
        return err_make(ERR_SYSTEM, "memory for a slot");
    slot->socket = slot->pidfd = slot->run_fd = -1;
    slot->pid = -1;
    slot->fail_step = options->fail_step;
    (void)text_copy(slot->name, sizeof slot->name, options->name == NULL ? "" : options->name);
    (void)group_open(SANDBOX_RLIMITS, NULL, 0, 0, &slot->group); /* cannot fail: makes nothing */

    struct err err = find_program(options, slot->program);
    slot->has_gpu = options->gpu != NULL;
    if (!err_is(err) && slot->has_gpu)
        err = gpu_pack(options->gpu, &slot->gpu);
    if (!err_is(err))
        err = open_best(slot, options);
    if (err_is(err)) {
        sandbox_close(slot);
        return err;
    }
    *out_slot = slot;
    return err_none();
}

void sandbox_close(struct sandbox *slot)
{
    if (slot == NULL)
        return;
    launch_end(slot);
    forget_run(slot);
    group_close(&slot->group);
    free(slot);
}

struct err sandbox_start(struct sandbox *slot, const struct sandbox_request *request)
{
    if (slot->running)
        return err_make(ERR_INTERNAL, "this slot runs a program already");
    struct err err = request_check(request);
    enum slot_view view = err_is(err) ? SLOT_VIEW_NONE : profile_of(request->profile)->view;
    if (view == SLOT_VIEW_GPU && !slot->has_gpu)
        err = err_make(ERR_INPUT, "profile gpu-launcher: this slot was opened without "
                                  "sandbox_options.gpu");
    /* A view that is there is in nobody's way. */
    bool missing = view != SLOT_VIEW_NONE && view != slot->view;
    if (!err_is(err) && (slot->doubt || missing))
        err = rebuild(slot, missing ? view : slot->view);
    if (!err_is(err))
        err = group_prepare(&slot->group, &request->limits);
    if (err_is(err))
        return err;

    keep_outputs(slot, request);
    slot->limits = request->limits;
    slot->shared_bytes = request_shared_bytes(request);
    slot->serial++;
    slot->ended_early = false;
    err = start_run(slot, request);
    if (err_is(err))
        forget_run(slot);
    return err;
}

int sandbox_fd(const struct sandbox *slot)
{
    return slot->socket;
}

struct err sandbox_wait(struct sandbox *slot, int64_t timeout_ms, bool *out_done,
                        struct sandbox_result *out_result)
{
    if (!slot->running)
        return err_make(ERR_INTERNAL, "this slot runs nothing");
    *out_done = false;
    if (!slot->ended_early) {
        bool ready = false;
        struct err err = fdio_wait(slot->socket, timeout_ms, &ready);
        if (err_is(err) || !ready)
            return err;
        err = receive_end(slot);
        if (err_is(err))
            return in_doubt(slot, err);
    }
    struct err err = conclude(slot, out_result);
    *out_done = !err_is(err);
    return err;
}

struct err sandbox_kill(struct sandbox *slot)
{
    if (!slot->running)
        return err_make(ERR_INTERNAL, "this slot runs nothing");
    struct slot_head head = {
        .version = SLOT_VERSION, .size = sizeof head, .kind = SLOT_KILL, .serial = slot->serial};
    return fdio_send(slot->socket, &head, sizeof head, NULL, 0);
}

struct err sandbox_run(struct sandbox *slot, const struct sandbox_request *request,
                       struct sandbox_result *out_result)
{
    bool done = false;
    struct err err = sandbox_start(slot, request);
    if (!err_is(err))
        err = sandbox_wait(slot, -1, &done, out_result);
    return err;
}

enum sandbox_backend sandbox_backend(const struct sandbox *slot)
{
    return slot->group.backend;
}

const char *sandbox_backend_word(enum sandbox_backend backend)
{
    static const char *const words[] = {
        [SANDBOX_CGROUP_V2] = "cgroup-v2",
        [SANDBOX_CGROUP_V1] = "cgroup-v1",
        [SANDBOX_RLIMITS] = "rlimits",
    };
    return (size_t)backend < COUNT(words) ? words[backend] : "unknown";
}

const char *sandbox_end_word(enum sandbox_end end)
{
    static const char *const words[] = {
        [SANDBOX_EXITED] = "exited",
        [SANDBOX_SIGNALLED] = "signalled",
        [SANDBOX_WALL_LIMIT] = "wall_limit",
        [SANDBOX_CPU_LIMIT] = "cpu_limit",
        [SANDBOX_MEMORY_LIMIT] = "memory_limit",
        [SANDBOX_OUTPUT_LIMIT] = "output_limit",
        [SANDBOX_FORBIDDEN_CALL] = "forbidden_call",
        [SANDBOX_KILLED] = "killed",
    };
    return (size_t)end < COUNT(words) ? words[end] : "unknown";
}

static struct err find_program(const struct sandbox_options *options, char out[PATH_MAX])
{
    if (options->program != NULL) {
        if (!text_copy(out, PATH_MAX, options->program))
            return err_make(ERR_INPUT, "path of the slot's program is too long");
        return err_none();
    }
    ssize_t size = readlink("/proc/self/exe", out, PATH_MAX - sizeof "/sandbox");
    if (size < 0)
        return err_make(ERR_SYSTEM, "readlink /proc/self/exe");
    out[size] = '\0';
    char *slash = strrchr(out, '/');
    if (slash == NULL)
        return err_make(ERR_INTERNAL, "our own path has no directory");
    memcpy(slash, "/sandbox", sizeof "/sandbox");
    return err_none();
}

/* The first that works. What fails beside the groups fails on every back end, and then the last
 * one tried says it best; without the last resort both versions of groups have their say. */
static struct err open_best(struct sandbox *slot, const struct sandbox_options *options)
{
    static const enum sandbox_backend best_first[] = {SANDBOX_CGROUP_V2, SANDBOX_CGROUP_V1,
                                                      SANDBOX_RLIMITS};
    struct err tried[COUNT(best_first)] = {{.code = ERR_NONE}};
    /* The address of the slot tells the slots of one process apart; six bits of it are enough for
     * user ids, the group's name takes more. */
    slot->tag = (int)(((uintptr_t)slot >> 4) & 0xffffff);
    slot->id = launch_id(slot->tag);
    struct group_view view;
    struct err unseen = group_view_read(&view); /* without procfs: rlimits */
    for (size_t i = 0; i < COUNT(best_first); i++) {
        enum sandbox_backend backend = best_first[i];
        if ((options->only != NULL && *options->only != backend) ||
            (options->require_cgroup && backend == SANDBOX_RLIMITS))
            continue;
        tried[i] = backend != SANDBOX_RLIMITS && err_is(unseen)
                       ? unseen
                       : open_backend(slot, backend, &view);
        if (!err_is(tried[i]))
            return err_none();
    }
    if (options->only != NULL && err_is(tried[*options->only]))
        return tried[*options->only];
    if (!options->require_cgroup)
        return tried[COUNT(best_first) - 1];
    errno = tried[SANDBOX_CGROUP_V2].sys_errno;
    return err_make(ERR_SYSTEM, "no cgroup; v2: %.60s; v1: %.60s", tried[SANDBOX_CGROUP_V2].text,
                    tried[SANDBOX_CGROUP_V1].text);
}

static struct err open_backend(struct sandbox *slot, enum sandbox_backend backend,
                               const struct group_view *view)
{
    struct err err = group_open(backend, view, slot->tag, slot->id, &slot->group);
    if (!err_is(err))
        err = launch_slot(slot);
    if (err_is(err))
        group_close(&slot->group);
    return err;
}

/* After a doubt the groups are new too: the killed slot's init may stay a zombie for as long as the
 * host's first process likes, and it counts against the pids limit of its group. */
static struct err rebuild(struct sandbox *slot, enum slot_view view)
{
    struct err err = err_none();
    launch_end(slot);
    if (slot->doubt) {
        enum sandbox_backend backend = slot->group.backend;
        struct group_view groups;
        group_close(&slot->group);
        if (backend != SANDBOX_RLIMITS)
            err = group_view_read(&groups);
        if (!err_is(err))
            err = group_open(backend, &groups, slot->tag, slot->id, &slot->group);
        slot->group.backend = backend; /* also when that failed: the next start tries again */
    }
    slot->view = view;
    if (!err_is(err))
        err = launch_slot(slot);
    slot->view = err_is(err) ? SLOT_VIEW_NONE : view;
    slot->doubt = err_is(err);
    return err;
}

/* The caller lends its descriptors for the start only; the outputs are needed at the end. */
static void keep_outputs(struct sandbox *slot, const struct sandbox_request *request)
{
    slot->out_fds_count = request->files_out_count;
    for (size_t i = 0; i < request->files_out_count; i++)
        slot->out_fds[i] = fcntl(request->files_out[i].fd, F_DUPFD_CLOEXEC, 0);
}

static struct err start_run(struct sandbox *slot, const struct sandbox_request *request)
{
    struct slot_start start;
    int fds[FDIO_PASSED_MAX];
    size_t fds_count = 0;
    struct err err = request_pack(request, &start, fds, &fds_count);
    if (err_is(err))
        return err;

    /* With a group the kernel counts pages; without one, address space is all there is to limit.
     * RLIMIT_DATA counts private writable memory, RLIMIT_AS shared mappings and stack as well. */
    bool grouped = slot->group.backend != SANDBOX_RLIMITS;
    const struct profile *profile = profile_of(request->profile);
    start.head = (struct slot_head){
        .version = SLOT_VERSION, .size = sizeof start, .kind = SLOT_START, .serial = slot->serial};
    start.data_bytes = grouped ? UINT64_MAX : request->limits.memory_bytes;
    start.address_space_bytes = grouped || profile->vast_addresses
                                    ? UINT64_MAX
                                    : request->limits.memory_bytes + slot->shared_bytes +
                                          request->limits.stack_bytes * request->limits.threads +
                                          profile->extra_bytes;
    launch_gather(slot);
    err = fdio_send(slot->socket, &start, sizeof start, fds, fds_count);
    if (err_is(err))
        return in_doubt(slot, err);
    return await_start(slot);
}

static struct err await_start(struct sandbox *slot)
{
    union {
        struct slot_head head;
        struct slot_started started;
        struct slot_failed failed;
        struct slot_ended ended;
    } reply = {0};
    int fds[FDIO_PASSED_MAX];
    size_t size = 0, fds_count = 0;
    bool ready = false;
    struct err err = fdio_wait(slot->socket, START_MS, &ready);
    if (!err_is(err) && !ready) {
        errno = ETIMEDOUT;
        err = err_make(ERR_SYSTEM, "the slot did not start the program in %d ms", START_MS);
    }
    if (!err_is(err))
        err = receive(slot, &reply, sizeof reply, &size, fds, &fds_count);
    if (err_is(err))
        return in_doubt(slot, err);

    if (reply.head.kind == SLOT_STARTED && size == sizeof reply.started && fds_count == 1) {
        slot->run_fd = fds[0];
        slot->run_pid = reply.started.pid;
        slot->running = true;
        return err_none();
    }
    if (reply.head.kind == SLOT_ENDED && size == sizeof reply.ended) {
        slot->ended = reply.ended;
        memcpy(slot->ended_fds, fds, fds_count * sizeof fds[0]);
        slot->ended_fds_count = fds_count;
        slot->ended_early = true;
        slot->running = true;
        return err_none();
    }
    for (size_t i = 0; i < fds_count; i++)
        (void)close(fds[i]); /* of a packet that we do not keep */
    if (reply.head.kind == SLOT_FAILED && size == sizeof reply.failed) {
        struct err told = {.code = (enum err_code)reply.failed.code,
                           .sys_errno = reply.failed.sys_errno};
        (void)text_copy(told.text, sizeof told.text, reply.failed.text); /* same size */
        return told.code == ERR_INPUT ? told : in_doubt(slot, told);
    }
    return in_doubt(slot, err_make(ERR_INTERNAL, "the slot said %u out of turn", reply.head.kind));
}

static struct err receive(struct sandbox *slot, void *packet, size_t max, size_t *out_size,
                          int *out_fds, size_t *out_fds_count)
{
    struct err err = fdio_receive(slot->socket, packet, max, out_size, out_fds, out_fds_count);
    const struct slot_head *head = packet;
    if (err_is(err))
        return err;
    if (*out_size == 0)
        return err_make(ERR_INTERNAL, "the slot is gone");
    if (*out_size >= sizeof *head && head->version == SLOT_VERSION && head->size == *out_size &&
        head->serial == slot->serial)
        return err_none();
    for (size_t i = 0; i < *out_fds_count; i++)
        (void)close(out_fds[i]); /* of a packet that we do not keep */
    return err_make(ERR_INTERNAL, "the slot sent a packet of another version or run");
}

static struct err receive_end(struct sandbox *slot)
{
    int fds[FDIO_PASSED_MAX];
    size_t size = 0, fds_count = 0;
    struct err err = receive(slot, &slot->ended, sizeof slot->ended, &size, fds, &fds_count);
    if (err_is(err))
        return err;
    memcpy(slot->ended_fds, fds,
           (fds_count < SANDBOX_FILES_MAX ? fds_count : SANDBOX_FILES_MAX) * sizeof fds[0]);
    slot->ended_fds_count = fds_count;
    if (slot->ended.head.kind != SLOT_ENDED || size != sizeof slot->ended ||
        fds_count > SANDBOX_FILES_MAX)
        return err_make(ERR_INTERNAL, "the slot said %u out of turn", slot->ended.head.kind);
    return err_none();
}

static struct err conclude(struct sandbox *slot, struct sandbox_result *out_result)
{
    struct group_facts facts;
    group_facts(&slot->group, &facts);
    struct verdict_input input = {.backend = slot->group.backend,
                                  .limits = slot->limits,
                                  .shared_bytes = slot->shared_bytes,
                                  .ended = &slot->ended,
                                  .group = &facts};
    struct sandbox_result result;
    struct err err = verdict_make(&input, &result);
    if (err_is(err))
        return in_doubt(slot, err);
    result.files_cut = !copy_outputs(slot);
    forget_run(slot);
    *out_result = result;
    return err_none();
}

/* True if every output was there and fits. */
static bool copy_outputs(struct sandbox *slot)
{
    size_t next = 0;
    bool whole = true;
    for (size_t i = 0; i < slot->out_fds_count; i++) {
        bool there = (slot->ended.files_mask & (1U << i)) != 0 && next < slot->ended_fds_count;
        whole = there &&
                copy_file(slot->ended_fds[next], slot->out_fds[i], slot->limits.output_bytes) &&
                whole;
        next += there;
    }
    return whole;
}

static bool copy_file(int from, int to, uint64_t max)
{
    struct stat info;
    if (fstat(from, &info) < 0)
        return false;
    uint64_t size = (uint64_t)info.st_size < max ? (uint64_t)info.st_size : max;
    off_t at = 0;
    while ((uint64_t)at < size) {
        if (sendfile(to, from, &at, size - (uint64_t)at) <= 0)
            return false;
    }
    return (uint64_t)info.st_size <= max;
}

static void forget_run(struct sandbox *slot)
{
    for (size_t i = 0; i < slot->ended_fds_count; i++)
        (void)close(slot->ended_fds[i]); /* was only read */
    for (size_t i = 0; i < slot->out_fds_count; i++)
        (void)close(slot->out_fds[i]); /* a memfd: nothing is pending in it */
    if (slot->run_fd >= 0)
        (void)close(slot->run_fd); /* was only a handle */
    slot->ended_fds_count = slot->out_fds_count = 0;
    slot->run_fd = -1;
    slot->running = slot->stopped = slot->ended_early = false;
}

static struct err in_doubt(struct sandbox *slot, struct err err)
{
    launch_end(slot);
    forget_run(slot);
    slot->doubt = true;
    return err;
}
