/* Find, claim, probe; and the file that says quarantine. */
#include "worker/gpu.h"

#include "sandbox/base/fdio.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"
#include "worker/gpu_process.h"
#include "worker/timing_lock.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_MAX_HERE 512
#define UNKNOWN_BOOT "unknown\n" /* then a quarantine lasts until its file is removed */
#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define MPS_PIPES "/tmp/nvidia-mps/control"

static void try_all(struct gpu *gpu);
static bool try_number(struct gpu *gpu, unsigned number);
static bool try_file(struct gpu *gpu, const char *path);
static bool try_found(struct gpu *gpu);
static void probe(struct gpu *gpu);
static bool in_quarantine(struct gpu *gpu, int folder);
static struct err folder_own(const struct gpu *gpu, int *out_fd);
static void folder_path(const struct gpu *gpu, char out[PATH_MAX_HERE]);
static void quarantine_name(const struct gpu *gpu, char out[64]);
static bool is_known(const struct buf *boot_text);
static void boot_id(struct buf *out);
static void uuid_words(const unsigned char bytes[16], char out[48]);

void gpu_open(struct gpu *gpu, const struct gpu_options *options)
{
    const char *which = options->which;
    const char *const mps = gpu_mps_words(getenv("CUDA_MPS_PIPE_DIRECTORY"));

    *gpu = (struct gpu){.options = *options, .lock_fd = -1, .reap_ms = GPU_REAP_MS};
    if (strcmp(which, "none") == 0)
        (void)snprintf(gpu->why, sizeof gpu->why, "no GPU is asked for (--gpu none)");
    else if (mps[0] != '\0')
        (void)text_copy(gpu->why, sizeof gpu->why, mps); /* fits */
    else if (strcmp(which, "auto") == 0)
        try_all(gpu);
    else if (isdigit((unsigned char)which[0]))
        (void)try_number(gpu, (unsigned)strtoul(which, NULL, 10)); /* `why` says what came of it */
    else
        (void)try_file(gpu, which); /* likewise */
}

void gpu_quarantine(struct gpu *gpu, const char *reason)
{
    char folder[PATH_MAX_HERE], name[64], path[PATH_MAX_HERE + 64];
    auto_buf struct buf text = buf_of(1024);
    auto_close int held = -1;

    gpu->present = false;
    gpu->quarantined = true;
    (void)snprintf(gpu->why, sizeof gpu->why, "%s is in quarantine: %.100s", gpu->name, reason);
    folder_path(gpu, folder);
    quarantine_name(gpu, name);
    (void)snprintf(path, sizeof path, "%s/%s", folder, name); /* fits */
    boot_id(&text);
    buf_printf(&text, "%s\n", reason);
    struct err err = folder_own(gpu, &held); /* it may have been swept meanwhile */
    if (!err_is(err))
        err = fdio_write_file(path, text.at, text.size, 0644);
    if (err_is(err))
        log_err("gpu.quarantine_file", err); /* this worker keeps off it all the same */
    log_line(LOG_ERROR, "gpu.quarantine", "device=%s file=%s", gpu->name, path);
}

void gpu_close(struct gpu *gpu)
{
    sandbox_close(gpu->slot);
    gpu->slot = NULL;
    gpu->present = false;
    free(gpu->host.listed);
    gpu->host.listed = NULL;
    err_cleanup_close(&gpu->lock_fd); /* and the claim */
    gpu->lock_fd = -1;
}

/* A slice tells its profile at the end of its name: "NVIDIA H100 80GB HBM3 MIG 1g.10gb". */
void gpu_class(const struct launcher_facts *facts, char out[33])
{
    const char *const slice = strstr(facts->name, " MIG ");
    char profile[16] = "";

    if (slice != NULL)
        for (size_t i = 0, used = 0; slice[5 + i] != '\0' && used + 1 < sizeof profile; i++)
            if (isalnum((unsigned char)slice[5 + i]) || slice[5 + i] == '.')
                profile[used++] = (char)tolower((unsigned char)slice[5 + i]);
    (void)snprintf(out, 33, "gpu:sm_%d%d%s%s", facts->major % 100, facts->minor % 10,
                   slice != NULL ? "-" : "", profile);
}

const char *gpu_mps_words(const char *environment)
{
    struct stat info;

    if (environment != NULL && environment[0] != '\0')
        return "CUDA_MPS_PIPE_DIRECTORY is set: a device that is shared by MPS is not used";
    if (lstat(MPS_PIPES, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode)))
        return "an MPS daemon runs (" MPS_PIPES "): a device that is shared by MPS is not used";
    return "";
}

static void try_all(struct gpu *gpu)
{
    char why[sizeof gpu->why] = "";
    bool doubted = false;

    for (unsigned number = 0; number < GPU_DEVICES_MAX && !gpu->present; number++) {
        if (!try_number(gpu, number) && number > 0 && gpu->name[0] == '\0')
            break; /* there are no more */
        if (why[0] == '\0' || gpu->quarantined)
            memcpy(why, gpu->why, sizeof why); /* of the first, or the one in doubt */
        doubted = doubted || gpu->quarantined;
    }
    gpu->quarantined = !gpu->present && doubted;
    if (!gpu->present)
        memcpy(gpu->why, why, sizeof why);
}

/* False, with an empty name: there is no such device. */
static bool try_number(struct gpu *gpu, unsigned number)
{
    gpu->name[0] = '\0';
    struct err err = gpu_find(number, &gpu->host);
    if (err_is(err)) {
        (void)snprintf(gpu->why, sizeof gpu->why, "no GPU: %.140s", err.text);
        return false;
    }
    (void)snprintf(gpu->name, sizeof gpu->name, "nvidia%u", number);
    return try_found(gpu);
}

static bool try_file(struct gpu *gpu, const char *path)
{
    const char *const slash = strrchr(path, '/');

    struct err err = gpu_read(path, &gpu->host);
    if (err_is(err)) {
        (void)snprintf(gpu->why, sizeof gpu->why, "no GPU: %.140s", err.text);
        return false;
    }
    (void)text_copy(gpu->name, sizeof gpu->name,
                    slash != NULL ? slash + 1 : path); /* a name: may be cut */
    return try_found(gpu);
}

static bool try_found(struct gpu *gpu)
{
    char path[PATH_MAX_HERE];
    auto_close int folder = -1;

    gpu->quarantined = false; /* of this one; the one before may be */
    struct err err = folder_own(gpu, &folder);
    if (err_is(err)) {
        (void)snprintf(gpu->why, sizeof gpu->why, "%s: %.120s", gpu->name, err.text);
        return false;
    }
    (void)snprintf(path, sizeof path, "%.400s-%s.lock", gpu->options.locks, gpu->name); /* fits */
    err = timing_lock_take(path, TIMING_LOCK_TRY, &gpu->lock_fd);
    if (err_is(err)) {
        (void)snprintf(gpu->why, sizeof gpu->why, "%s: %.100s", gpu->name,
                       err.code == ERR_BUSY ? "another worker has it" : err.text);
        return false;
    }
    /* Looked for once it is ours: whoever had it may have ended in doubt a moment ago. */
    if (!in_quarantine(gpu, folder))
        probe(gpu);
    if (gpu->present)
        return true;
    gpu_close(gpu);
    return false;
}

static void probe(struct gpu *gpu)
{
    struct gpu_process process;
    struct gpu_result result = {.end = GPU_DIED};
    auto_free struct launcher_order *order = calloc(1, sizeof *order);

    if (order == NULL)
        return;
    order->kind = LAUNCHER_PROBE;
    gpu_process_init(&process, gpu);
    struct err err = gpu_process_start(&process, &(struct gpu_process_files){-1, -1, {-1, -1}});
    if (!err_is(err))
        err = gpu_process_order(&process, order, GPU_OPEN_MS, &result);
    if (!err_is(err) && result.end != GPU_DONE)
        err = gpu_process_err(gpu, &result);
    gpu_process_stop(&process);
    if (err_is(err)) {
        if (!gpu->quarantined)
            (void)snprintf(gpu->why, sizeof gpu->why, "%s: %.100s", gpu->name, err.text);
        return;
    }
    gpu->facts = result.reply.facts;
    gpu_class(&gpu->facts, gpu->class_name);
    (void)snprintf(gpu->architecture, sizeof gpu->architecture, "sm_%d%d", gpu->facts.major % 100,
                   gpu->facts.minor % 10); /* fits */
    uuid_words(gpu->facts.uuid, gpu->uuid);
    gpu->present = !gpu->quarantined;
    log_line(LOG_INFO, "gpu.found", "device=%s class=%s memory_mib=%lld driver=%d", gpu->name,
             gpu->class_name, (long long)(gpu->facts.total_bytes >> 20), gpu->facts.driver_version);
}

/* What was in doubt before the host was restarted is so no longer. */
static bool in_quarantine(struct gpu *gpu, int folder)
{
    char name[64], path[PATH_MAX_HERE];
    auto_buf struct buf text = buf_of(4096), now = buf_of(256);

    quarantine_name(gpu, name);
    auto_close int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return false;
    folder_path(gpu, path);
    boot_id(&now);
    if (fd >= 0 && !err_is(fdio_read_start(fd, &text, 4096, NULL)) && text.size >= now.size &&
        is_known(&now) && is_known(&text) && memcmp(text.at, now.at, now.size) != 0)
        return false;
    const char *const reason = text.size > now.size ? text.at + now.size : "";
    gpu->quarantined = true;
    (void)snprintf(gpu->why, sizeof gpu->why, "%s is in quarantine: %.*s (in %.40s)", gpu->name,
                   (int)strcspn(reason, "\n") > 60 ? 60 : (int)strcspn(reason, "\n"), reason, path);
    return true;
}

/* Made where there is none. Where anybody may write, somebody else may have made it, or a link of
 * that name: then it is no place to believe, and none to write to. */
static struct err folder_own(const struct gpu *gpu, int *out_fd)
{
    char path[PATH_MAX_HERE];
    struct stat info;

    folder_path(gpu, path);
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return err_make(ERR_SYSTEM, "make '%s'", path);
    auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) < 0)
        return err_make(ERR_SYSTEM, "open '%s' (--gpu-locks)", path);
    if (info.st_uid != geteuid() || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return err_make(ERR_INPUT, "'%s' is not of this user alone (--gpu-locks)", path);
    *out_fd = fd;
    fd = -1; // NOLINT(clang-analyzer-deadcode.DeadStores): the caller's now; read at its end
    return err_none();
}

static void folder_path(const struct gpu *gpu, char out[PATH_MAX_HERE])
{
    (void)snprintf(out, PATH_MAX_HERE, "%.400s-%u", gpu->options.locks, (unsigned)geteuid());
}

static void quarantine_name(const struct gpu *gpu, char out[64])
{
    (void)snprintf(out, 64, "%s.quarantine", gpu->name); /* fits */
}

static bool is_known(const struct buf *boot_text)
{
    return strncmp(boot_text->at, UNKNOWN_BOOT, strlen(UNKNOWN_BOOT)) != 0;
}

/* One line. */
static void boot_id(struct buf *out)
{
    auto_buf struct buf text = buf_of(256);

    if (err_is(fdio_read_file(BOOT_ID_FILE, &text)) || text.size == 0)
        buf_text(out, UNKNOWN_BOOT);
    else
        buf_printf(out, "%.*s\n", (int)strcspn(text.at, "\n"), text.at);
}

static void uuid_words(const unsigned char bytes[16], char out[48])
{
    char hex[33];

    text_hex(bytes, 16, hex);
    (void)snprintf(out, 48, "GPU-%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                   hex + 20); /* fits */
}
