/* 16 KiB, read anew for each audit: less work than keeping it right. */
#include "worker/names.h"

#include "sandbox/base/buf.h"
#include "sandbox/base/fdio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_BYTES_MAX ((size_t)1 << 20)

struct err names_load(struct names *out, const char *runtime, const char *file_name)
{
    struct names names = {0};
    char path[4096 + 64];
    auto_buf struct buf file = buf_of(NAMES_BYTES_MAX);

    (void)snprintf(path, sizeof path, "%s/%s", runtime, file_name);
    struct err err = fdio_read_file(path, &file);
    if (err_is(err))
        return err;

    size_t lines = 1;
    for (size_t i = 0; i < file.size; i++)
        lines += file.at[i] == '\n';
    names.at = calloc(lines, sizeof *names.at);
    names.text = buf_take(&file);
    if (names.at == NULL || names.text == NULL) {
        names_release(&names);
        return err_make(ERR_SYSTEM, "memory for the runtime's names");
    }

    char *rest = NULL;
    for (char *name = strtok_r(names.text, "\n", &rest); name != NULL;
         name = strtok_r(NULL, "\n", &rest)) {
        if (names.count > 0 && strcmp(names.at[names.count - 1], name) >= 0) {
            err = err_make(ERR_INPUT, "%.100s is not sorted at '%.40s'", path, name);
            names_release(&names);
            return err;
        }
        names.at[names.count++] = name;
    }
    *out = names;
    return err_none();
}

void names_release(struct names *names)
{
    free(names->at);
    free(names->text);
    *names = (struct names){0};
}
