/* Build tool around adapter.h:
 *   adapter assignment.json > adapter.c        the C file that calls the student's function
 *   adapter --check assignment.json NAME.h     exits 1 if the header's prototype differs */
#include "assignments/adapter.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct err generate(const struct spec *spec);
static struct err check(const struct spec *spec, const char *path);

#define ADAPTER_BYTES_MAX (64 << 10)
#define HEADER_BYTES_MAX (256 << 10)

int main(int argc, char **argv)
{
    bool is_check = argc == 4 && strcmp(argv[1], "--check") == 0;
    if (!is_check && argc != 2) {
        (void)fprintf(stderr, "usage: adapter FILE.json > adapter.c\n"
                              "       adapter --check FILE.json HEADER.h\n");
        return 64;
    }

    struct spec *spec = malloc(sizeof *spec);
    struct err err = spec == NULL ? err_make(ERR_SYSTEM, "memory for the spec")
                                  : spec_load(spec, argv[is_check ? 2 : 1]);
    if (!err_is(err))
        err = is_check ? check(spec, argv[3]) : generate(spec);
    free(spec);
    if (err_is(err))
        log_err("adapter", err);
    return err_is(err) ? 1 : 0;
}

static struct err generate(const struct spec *spec)
{
    auto_buf struct buf text = buf_of(ADAPTER_BYTES_MAX);

    adapter_generate(spec, &text);
    if (text.failed)
        return err_make(ERR_INTERNAL, "the adapter is over %d bytes", ADAPTER_BYTES_MAX);
    return fdio_write(STDOUT_FILENO, text.at, text.size);
}

static struct err check(const struct spec *spec, const char *path)
{
    auto_buf struct buf header = buf_of(HEADER_BYTES_MAX);

    struct err err = fdio_read_file(path, &header);
    if (err_is(err))
        return err;
    return adapter_check(spec, header.at, header.size, path);
}
