/* Reads a few lines of procfs and the reference sources. */
#include "worker/selftest_key.h"

#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define SOURCE_BYTES_MAX ((size_t)1 << 20)
#define CPUINFO_BYTES 8192 /* its first processor is told well within */

static void add(crypto_generichash_state *state, const char *text);
static struct err add_file(crypto_generichash_state *state, const char *path);
static void add_processor(crypto_generichash_state *state);

struct err selftest_key(const struct worker *worker, char out[65])
{
    static const char *const sources[] = {"baseline.c", "expert.c"};
    char path[sizeof worker->toolchain.home + SPEC_NAME_MAX + 32];
    crypto_generichash_state state;
    unsigned char hash[32];
    struct utsname kernel;

    if (sodium_init() < 0)
        return err_make(ERR_INTERNAL, "libsodium does not start");
    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash); /* cannot fail for this size */
    struct err err = add_file(&state, "/proc/sys/kernel/random/boot_id");
    if (err_is(err))
        return err;
    if (uname(&kernel) < 0)
        return err_make(ERR_SYSTEM, "ask for the kernel's release");
    add(&state, kernel.release);
    add_processor(&state);
    (void)snprintf(path, sizeof path, "%lld", (long long)worker->hello.processors); /* fits */
    add(&state, path);
    add(&state, worker->toolchain.identity);
    add(&state, worker->toolchain.flags);
    add(&state, worker->hello.backend);
    (void)snprintf(path, sizeof path, "%d %d", worker->processors.timing,
                   worker->hello.priority); /* fits */
    add(&state, path);
    for (size_t i = 0; i < worker->specs_count; i++) {
        add(&state, worker->specs[i].hash);
        for (size_t k = 0; k < COUNT(sources); k++) {
            (void)snprintf(path, sizeof path, "%s/reference/%s/%s", worker->toolchain.home,
                           worker->specs[i].name, sources[k]); /* fits */
            err = add_file(&state, path);
            if (err_is(err))
                return err;
        }
    }
    (void)crypto_generichash_final(&state, hash, sizeof hash); /* never fails */
    text_hex(hash, sizeof hash, out);
    return err_none();
}

/* With its 0, so that two texts are never one. */
static void add(crypto_generichash_state *state, const char *text)
{
    (void)crypto_generichash_update(state, (const unsigned char *)text,
                                    strlen(text) + 1); /* never fails */
}

static struct err add_file(crypto_generichash_state *state, const char *path)
{
    auto_buf struct buf text = buf_of(SOURCE_BYTES_MAX);

    struct err err = fdio_read_file(path, &text);
    if (!err_is(err))
        add(state, text.at);
    return err;
}

/* The line "model name" of the first processor; a kernel that has none adds nothing. */
static void add_processor(crypto_generichash_state *state)
{
    char text[CPUINFO_BYTES] = "";
    FILE *file = fopen("/proc/cpuinfo", "re");

    if (file == NULL)
        return;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file); /* was only read */
    char *line = strstr(text, "model name");
    if (line == NULL)
        return;
    line[strcspn(line, "\n")] = '\0';
    add(state, line);
}
