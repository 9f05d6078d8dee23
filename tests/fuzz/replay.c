/* Runs a fuzz target over its kept corpus, one TAP line per file: what `make test` does without a
 * fuzzer.
 * usage: fuzz_TARGET FOLDER */
#include "sandbox/base/buf.h"
#include "sandbox/base/fdio.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int main(int argc, char **argv)
{
    struct dirent **names = NULL;
    int count = argc == 2 ? scandir(argv[1], &names, NULL, alphasort) : -1;
    if (count < 0) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 64;
    }
    int tried = 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", argv[1], names[i]->d_name); /* short names */
        struct buf bytes;
        buf_init(&bytes, (size_t)16 * 1024 * 1024);
        if (names[i]->d_type == DT_REG && !err_is(fdio_read_file(path, &bytes))) {
            /* It must come back. */
            (void)LLVMFuzzerTestOneInput((const uint8_t *)bytes.at, bytes.size);
            printf("ok %d - %s\n", ++tried, names[i]->d_name);
            (void)fflush(stdout);
        }
        buf_release(&bytes);
        free(names[i]);
    }
    free(names);
    return tried > 0 ? 0 : 1;
}
