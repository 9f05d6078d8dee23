/* Nothing here is untrusted but by mistake: the caller's lists, and the host's files. */
#include "sandbox/gpu.h"

#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DRIVER "libcuda.so.1"

static struct err check_device(size_t index, const struct sandbox_device *device);
static bool is_device_name(const char *name);
static struct err pack_words(const char *list, const char *const *words, size_t max,
                             struct slot_gpu *out, uint32_t *out_count);
static struct err pack_word(struct slot_gpu *out, const char *word);
static const char *next_word(const struct slot_gpu *packed, size_t *at);
static struct err add_device(struct jail_parts *parts, const char *path, const char *name);
static struct err add_text(struct jail_parts *parts, const char *path);
static bool find_library(const char *name, char out[JAIL_PATH_MAX]);

struct err gpu_find(unsigned device, struct gpu_host *out)
{
    static const char *const control[] = {"/dev/nvidiactl", "/dev/nvidia-uvm"};
    /* What the driver opens at its start where it is there (AppArmor's profiles for CUDA list the
     * same). */
    static const char *const texts[] = {"/proc/sys/vm/mmap_min_addr", "/proc/devices",
                                        "/proc/driver/nvidia/params",
                                        "/sys/devices/system/memory/block_size_bytes", NULL};
    /* The driver loads the others itself: PTX, memory compression, and NVML for clocks. */
    static const char *const libraries[] = {DRIVER, "libnvidia-ptxjitcompiler.so.1",
                                            "libnvidia-ml.so.1"};
    *out = (struct gpu_host){.gpu = {.texts = texts}};
    for (size_t i = 0; i < COUNT(control) + 1; i++) {
        char *name = out->names[i];
        if (i < COUNT(control))
            (void)text_copy(name, sizeof out->names[i], control[i]); /* fits */
        else
            (void)snprintf(name, sizeof out->names[i], "/dev/nvidia%u", device);
        out->devices[i] = (struct sandbox_device){name, name + strlen("/dev/")};
        if (access(name, R_OK | W_OK) < 0)
            return err_make(ERR_SYSTEM, "GPU node '%s'", name);
    }
    size_t count = 0;
    for (size_t i = 0; i < COUNT(libraries); i++) {
        if (find_library(libraries[i], out->paths[count])) {
            out->libraries[count] = out->paths[count];
            count++;
        } else if (i == 0) {
            return err_make(ERR_SYSTEM, "no " DRIVER " (the driver's own package brings it)");
        }
    }
    (void)text_copy(out->driver, sizeof out->driver, out->paths[0]); /* same size */
    out->gpu.devices = out->devices;
    out->gpu.devices_count = COUNT(control) + 1;
    out->gpu.libraries = out->libraries;
    return err_none();
}

struct err gpu_pack(const struct sandbox_gpu *gpu, struct slot_gpu *out)
{
    memset(out, 0, sizeof *out);
    if (gpu->devices_count == 0 || gpu->devices_count > SANDBOX_DEVICES_MAX)
        return err_make(ERR_INPUT, "gpu.devices_count is %zu, must be 1 .. %d", gpu->devices_count,
                        SANDBOX_DEVICES_MAX);
    struct err err = err_none();
    for (size_t i = 0; i < gpu->devices_count && !err_is(err); i++) {
        err = check_device(i, &gpu->devices[i]);
        if (!err_is(err))
            err = pack_word(out, gpu->devices[i].path);
        if (!err_is(err))
            err = pack_word(out, gpu->devices[i].name);
        out->devices_count++;
    }
    if (!err_is(err))
        err = pack_words("libraries", gpu->libraries, SANDBOX_LIBRARIES_MAX, out,
                         &out->libraries_count);
    if (!err_is(err))
        err = pack_words("texts", gpu->texts, SANDBOX_TEXTS_MAX, out, &out->texts_count);
    return err;
}

struct err gpu_parts(const struct slot_gpu *packed, struct jail_parts *out)
{
    struct err err = err_none();
    size_t at = 0;
    out->count = 0;
    if (packed->devices_count > SANDBOX_DEVICES_MAX ||
        packed->libraries_count > SANDBOX_LIBRARIES_MAX || packed->texts_count > SANDBOX_TEXTS_MAX)
        return err_make(ERR_INPUT, "a count of the view is out of range");
    for (uint32_t i = 0; i < packed->devices_count && !err_is(err); i++) {
        const char *path = next_word(packed, &at);
        err = add_device(out, path, next_word(packed, &at));
    }
    for (uint32_t i = 0; i < packed->libraries_count && !err_is(err); i++) {
        const char *path = next_word(packed, &at);
        err = jail_parts_add(out, path, false);
        if (!err_is(err))
            err = jail_parts_libraries(out, path);
    }
    for (uint32_t i = 0; i < packed->texts_count && !err_is(err); i++)
        err = add_text(out, next_word(packed, &at));
    return err;
}

static struct err check_device(size_t index, const struct sandbox_device *device)
{
    struct stat info;
    if (device->name == NULL || !is_device_name(device->name))
        return err_make(ERR_INPUT,
                        "gpu.devices[%zu].name '%.40s': letters, digits, '-', '_' and "
                        "one '/' at most",
                        index, device->name == NULL ? "" : device->name);
    if (device->path == NULL || stat(device->path, &info) < 0 || !S_ISCHR(info.st_mode))
        return err_make(ERR_INPUT, "gpu.devices[%zu].path '%.80s' is no character device", index,
                        device->path == NULL ? "" : device->path);
    return err_none();
}

static bool is_device_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_";
    size_t first = strspn(name, letters);
    if (first == 0 || strlen(name) > 60)
        return false;
    if (name[first] == '\0')
        return true;
    const char *rest = name + first + 1;
    return name[first] == '/' && rest[0] != '\0' && rest[strspn(rest, letters)] == '\0';
}

static struct err pack_words(const char *list, const char *const *words, size_t max,
                             struct slot_gpu *out, uint32_t *out_count)
{
    struct err err = err_none();
    for (; words != NULL && words[*out_count] != NULL && !err_is(err); (*out_count)++) {
        const char *word = words[*out_count];
        if (*out_count == max)
            err = err_make(ERR_INPUT, "gpu.%s has more than %zu entries", list, max);
        else if (word[0] != '/')
            err = err_make(ERR_INPUT, "gpu.%s[%u] '%.60s' is no absolute path", list, *out_count,
                           word);
        else
            err = pack_word(out, word);
    }
    return err;
}

/* The end is the first empty word. */
static struct err pack_word(struct slot_gpu *out, const char *word)
{
    size_t at = 0, size = strlen(word) + 1;
    while (out->words[at] != '\0')
        at += strlen(out->words + at) + 1;
    if (size == 1 || at + size + 1 > sizeof out->words)
        return err_make(ERR_INPUT, "the paths of gpu are longer than %zu bytes together",
                        sizeof out->words);
    memcpy(out->words + at, word, size);
    return err_none();
}

/* Past the end it is the empty word again and again. */
static const char *next_word(const struct slot_gpu *packed, size_t *at)
{
    const char *word = packed->words + *at;
    size_t left = sizeof packed->words - *at;
    size_t length = strnlen(word, left);
    if (length == left)
        return "";
    if (length > 0)
        *at += length + 1;
    return word;
}

static struct err add_device(struct jail_parts *parts, const char *path, const char *name)
{
    struct jail_part part = {.kind = PART_DEVICE, .text_fd = -1};
    struct err err = jail_parts_resolve(path, part.source);
    if (err_is(err))
        return err;
    if (parts->count == JAIL_PARTS_MAX || !is_device_name(name))
        return err_make(ERR_INPUT, "device '%.60s' of the view", name);
    (void)snprintf(part.path, sizeof part.path, "/dev/%s", name);
    parts->at[parts->count++] = part;
    return err_none();
}

/* Opened now: /proc of the host is covered when the view is made. */
static struct err add_text(struct jail_parts *parts, const char *path)
{
    struct jail_part part = {.kind = PART_TEXT, .text_fd = open(path, O_RDONLY | O_CLOEXEC)};
    if (part.text_fd < 0)
        return err_none(); /* not on this host */
    if (parts->count == JAIL_PARTS_MAX || !text_copy(part.path, sizeof part.path, path)) {
        (void)close(part.text_fd); /* was only opened */
        return err_make(ERR_LIMIT, "text '%.60s' of the view", path);
    }
    parts->at[parts->count++] = part;
    return err_none();
}

/* Where distributions, the driver's installer and container tools put it. */
static bool find_library(const char *name, char out[JAIL_PATH_MAX])
{
    static const char *const directories[] = {
        "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/x86_64-linux-gnu/nvidia/current",
        "/usr/local/nvidia/lib64",   "/usr/lib",
    };
    for (size_t i = 0; i < COUNT(directories); i++) {
        (void)snprintf(out, JAIL_PATH_MAX, "%s/%s", directories[i], name);
        if (access(out, R_OK) == 0)
            return true;
    }
    return false;
}
