/* A request is a stranger's until it is checked here. */
#include "sandbox/request.h"

#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "sandbox/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#define KIB 1024ULL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)
#define HOUR_MS 3600000ULL

static struct err check_limits(const struct sandbox_limits *limits);
static struct err check_fds(const struct sandbox_request *request);
static struct err check_files(const struct sandbox_request *request);
static struct err check_file(const char *list, size_t index, const struct sandbox_file *file);

struct err request_check(const struct sandbox_request *request)
{
    const struct profile *profile = profile_of((unsigned)request->profile);
    if (profile == NULL)
        return err_make(ERR_INPUT, "profile is %d, must be 0 .. %d", (int)request->profile,
                        SANDBOX_PROFILE_LAST);
    if (request->argv == NULL || request->argv[0] == NULL)
        return err_make(ERR_INPUT, "argv is empty");
    if (profile->one_thread && request->limits.threads != 1)
        return err_make(ERR_INPUT, "limits.threads is %u, must be 1 in profile %s",
                        request->limits.threads, profile->word);
    if (request->cpu < -1 || request->cpu >= CPU_SETSIZE)
        return err_make(ERR_INPUT, "cpu is %d, must be -1 .. %d", request->cpu, CPU_SETSIZE - 1);

    struct err err = check_limits(&request->limits);
    if (!err_is(err))
        err = check_fds(request);
    if (!err_is(err))
        err = check_files(request);
    if (!err_is(err) && request->program_fd >= 0)
        err = program_check(request->program_fd, profile->dynamic);
    if (!err_is(err) && request->program_fd < 0 &&
        (!profile->own_programs || request->argv[0][0] != '/'))
        err = err_make(ERR_INPUT,
                       "program_fd is %d: only profiles compile and gpu-launcher have programs of "
                       "their own, by absolute path in argv[0]",
                       request->program_fd);
    return err;
}

struct err request_pack(const struct sandbox_request *request, struct slot_start *out_start,
                        int *out_fds, size_t *out_fds_count)
{
    const struct sandbox_limits *limits = &request->limits;
    size_t count = 0;
    memset(out_start, 0, offsetof(struct slot_start, words));
    out_start->profile = request->profile;
    out_start->cpu = request->cpu;
    out_start->wall_ms = limits->wall_ms;
    out_start->cpu_ms = limits->cpu_ms;
    out_start->work_bytes = limits->memory_bytes;
    out_start->stack_bytes = limits->stack_bytes;
    out_start->output_bytes = limits->output_bytes;
    out_start->threads = limits->threads;
    out_start->has_program = request->program_fd >= 0;
    out_start->fds_count = (uint32_t)request->fds_count;
    out_start->files_in_count = (uint32_t)request->files_in_count;
    out_start->files_out_count = (uint32_t)request->files_out_count;

    char *at = out_start->words;
    size_t left = sizeof out_start->words;
    for (size_t i = 0; request->argv[i] != NULL; i++) {
        size_t size = strlen(request->argv[i]) + 1;
        if (i == SANDBOX_ARGS_MAX || size > left)
            return err_make(ERR_INPUT, "argv has more than %d words or %d bytes", SANDBOX_ARGS_MAX,
                            SLOT_WORDS_MAX);
        memcpy(at, request->argv[i], size);
        at += size;
        left -= size;
        out_start->words_count++;
    }
    for (size_t i = 0; i < request->fds_count; i++)
        out_fds[count++] = request->fds[i];
    if (request->program_fd >= 0)
        out_fds[count++] = request->program_fd;
    size_t name = 0;
    for (size_t i = 0; i < request->files_in_count; i++) {
        out_fds[count++] = request->files_in[i].fd;
        (void)text_copy(out_start->names[name++], SLOT_NAME_MAX, request->files_in[i].name);
    }
    for (size_t i = 0; i < request->files_out_count; i++)
        (void)text_copy(out_start->names[name++], SLOT_NAME_MAX, request->files_out[i].name);
    *out_fds_count = count;
    return err_none();
}

uint64_t request_shared_bytes(const struct sandbox_request *request)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < request->fds_count; i++) {
        struct stat info;
        if (fstat(request->fds[i], &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0)
            bytes += (uint64_t)info.st_size;
    }
    return bytes;
}

static struct err check_limits(const struct sandbox_limits *limits)
{
    const struct row {
        const char *name;
        uint64_t value, min, max;
    } rows[] = {
        {"wall_ms", limits->wall_ms, 1, HOUR_MS},
        {"cpu_ms", limits->cpu_ms, 1, HOUR_MS},
        {"memory_bytes", limits->memory_bytes, MIB, TIB},
        {"stack_bytes", limits->stack_bytes, 64 * KIB, GIB},
        {"output_bytes", limits->output_bytes, 0, TIB},
        {"threads", limits->threads, 1, 256},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        if (row->value < row->min || row->value > row->max)
            return err_make(ERR_INPUT, "limits.%s is %llu, must be %llu .. %llu", row->name,
                            (unsigned long long)row->value, (unsigned long long)row->min,
                            (unsigned long long)row->max);
    }
    return err_none();
}

static struct err check_fds(const struct sandbox_request *request)
{
    if (request->fds_count > SANDBOX_FDS_MAX)
        return err_make(ERR_INPUT, "fds_count is %zu, must be 0 .. %d", request->fds_count,
                        SANDBOX_FDS_MAX);
    for (size_t i = 0; i < request->fds_count; i++) {
        if (fcntl(request->fds[i], F_GETFD) < 0)
            return err_make(ERR_INPUT, "fds[%zu] is %d: no open descriptor", i, request->fds[i]);
    }
    return err_none();
}

static struct err check_files(const struct sandbox_request *request)
{
    if (!profile_of(request->profile)->work &&
        (request->files_in_count > 0 || request->files_out_count > 0))
        return err_make(ERR_INPUT, "files_in and files_out belong to profile compile");
    if (request->files_in_count > SANDBOX_FILES_MAX || request->files_out_count > SANDBOX_FILES_MAX)
        return err_make(ERR_INPUT, "files_in_count and files_out_count must be 0 .. %d",
                        SANDBOX_FILES_MAX);
    struct err err = err_none();
    for (size_t i = 0; i < request->files_in_count && !err_is(err); i++)
        err = check_file("files_in", i, &request->files_in[i]);
    for (size_t i = 0; i < request->files_out_count && !err_is(err); i++)
        err = check_file("files_out", i, &request->files_out[i]);
    return err;
}

static struct err check_file(const char *list, size_t index, const struct sandbox_file *file)
{
    size_t length = file->name == NULL ? 0 : strlen(file->name);
    if (length == 0 || length >= SLOT_NAME_MAX || strchr(file->name, '/') != NULL ||
        strcmp(file->name, ".") == 0 || strcmp(file->name, "..") == 0)
        return err_make(ERR_INPUT, "%s[%zu].name must be a plain name of 1 .. %d bytes", list,
                        index, SLOT_NAME_MAX - 1);
    if (fcntl(file->fd, F_GETFD) < 0)
        return err_make(ERR_INPUT, "%s[%zu].fd is %d: no open descriptor", list, index, file->fd);
    return err_none();
}
