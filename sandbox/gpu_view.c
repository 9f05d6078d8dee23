/* A view as a file lists it. The file is an operator's: mistakes, but no attacks. */
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "sandbox/gpu.h"

#include <stdio.h>
#include <string.h>

#define FILE_BYTES_MAX ((size_t)64 << 10)

static struct err line_read(char *line, struct gpu_host *out, size_t *libraries, size_t *texts);
static struct err device_read(char *path, char *name, struct gpu_host *out);
static struct err library_read(char *path, struct gpu_host *out, size_t *count);

struct err gpu_read(const char *path, struct gpu_host *out)
{
    auto_buf struct buf text = buf_of(FILE_BYTES_MAX);
    size_t libraries = 0, texts = 0;
    int number = 0;

    *out = (struct gpu_host){.listed = NULL};
    struct err err = fdio_read_file(path, &text);
    if (err_is(err))
        return err;
    buf_append(&text, "", 1);
    out->listed = buf_take(&text);
    if (out->listed == NULL)
        return err_make(ERR_SYSTEM, "memory for '%.80s'", path);
    out->gpu = (struct sandbox_gpu){
        .devices = out->devices, .libraries = out->libraries, .texts = out->texts};
    char *rest = out->listed;
    for (char *line; !err_is(err) && (line = strsep(&rest, "\n")) != NULL;) {
        number++;
        err = line_read(line, out, &libraries, &texts);
        if (err_is(err))
            err = err_make(ERR_INPUT, "%.60s: line %d: %.60s", path, number, err.text);
    }
    if (!err_is(err) && (libraries == 0 || out->gpu.devices_count == 0))
        err = err_make(ERR_INPUT, "%.60s: it lists no %s", path,
                       libraries == 0 ? "library" : "device");
    return err;
}

static struct err line_read(char *line, struct gpu_host *out, size_t *libraries, size_t *texts)
{
    static const char blank[] = " \t\r";
    char *save = NULL;

    line[strcspn(line, "#")] = '\0';
    const char *const kind = strtok_r(line, blank, &save);
    if (kind == NULL)
        return err_none();
    char *const path = strtok_r(NULL, blank, &save);
    char *const name = strtok_r(NULL, blank, &save);
    if (path == NULL || path[0] != '/')
        return err_make(ERR_INPUT, "'%.20s' wants an absolute path", kind);
    if (strcmp(kind, "device") == 0)
        return device_read(path, name, out);
    if (strcmp(kind, "library") == 0)
        return library_read(path, out, libraries);
    if (strcmp(kind, "text") != 0)
        return err_make(ERR_INPUT, "'%.20s' is none of device, library, text", kind);
    if (*texts == SANDBOX_TEXTS_MAX)
        return err_make(ERR_INPUT, "more than %d texts", SANDBOX_TEXTS_MAX);
    out->texts[(*texts)++] = path;
    return err_none();
}

static struct err device_read(char *path, char *name, struct gpu_host *out)
{
    if (name == NULL)
        return err_make(ERR_INPUT, "a device wants PATH and NAME");
    if (out->gpu.devices_count == SANDBOX_DEVICES_MAX)
        return err_make(ERR_INPUT, "more than %d devices", SANDBOX_DEVICES_MAX);
    out->devices[out->gpu.devices_count++] = (struct sandbox_device){path, name};
    return err_none();
}

static struct err library_read(char *path, struct gpu_host *out, size_t *count)
{
    if (*count == SANDBOX_LIBRARIES_MAX)
        return err_make(ERR_INPUT, "more than %d libraries", SANDBOX_LIBRARIES_MAX);
    if (!text_copy(out->paths[*count], sizeof out->paths[0], path))
        return err_make(ERR_INPUT, "a path that is too long");
    if (*count == 0)
        (void)text_copy(out->driver, sizeof out->driver, path); /* same size */
    out->libraries[*count] = out->paths[*count];
    (*count)++;
    return err_none();
}
