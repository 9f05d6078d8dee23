/* Reading the top of a source, and the one file. */
#include "worker/prebuilt.h"

#include "sandbox/base/fdio.h"
#include "worker/compile_parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREBUILT_BYTES_MAX ((uint64_t)64 << 20) /* gcc 12 writes 24 MiB */
#define PATH_MAX_HERE (4096 + 96)

/* The top of a source, read from left to right. */
struct top {
    const char *at, *end;
};

static bool blanks_skip(struct top *top);
static bool is_blank(const struct top *top);
static bool include_read(struct top *top, const char **out_name, size_t *out_size);
static bool word_skip(struct top *top, const char *word);
static bool is_intrinsics(const char *name, size_t size);
static bool is_plain(const char *name, size_t size);
static void path_of(const struct toolchain *toolchain, char out[PATH_MAX_HERE]);
static struct err keep(const char *path, int made);

bool prebuilt_fits(const char *source, size_t size, const char *own_header)
{
    struct top top = {source, source + size};
    const char *name = NULL;
    size_t length = 0;

    while (blanks_skip(&top) && include_read(&top, &name, &length)) {
        if (is_intrinsics(name, length))
            return true;
        const bool is_own = name[-1] == '"' && length == strlen(own_header) &&
                            memcmp(name, own_header, length) == 0;
        if (!is_own && !is_plain(name, length))
            return false;
    }
    return false;
}

/* Blanks, line ends and comments. False at the end of the text, or in a comment without an end, or
 * where a backslash could join lines. */
static bool blanks_skip(struct top *top)
{
    for (; top->at < top->end; top->at++) {
        const size_t left = (size_t)(top->end - top->at);
        if (is_blank(top))
            continue;
        if (left < 2 || top->at[0] != '/' || (top->at[1] != '*' && top->at[1] != '/'))
            return true;
        const bool is_line = top->at[1] == '/';
        const char *close =
            is_line ? memchr(top->at, '\n', left) : memmem(top->at + 2, left - 2, "*/", 2);
        if (close == NULL || memchr(top->at, '\\', (size_t)(close - top->at)) != NULL)
            return false;
        top->at = is_line ? close : close + 1;
    }
    return false;
}

/* A carriage return is one only where it belongs to the end of a line. */
static bool is_blank(const struct top *top)
{
    const char c = *top->at;
    return c == ' ' || c == '\t' || c == '\n' ||
           (c == '\r' && top->at + 1 < top->end && top->at[1] == '\n');
}

/* `#include <NAME>` or "NAME", alone on its line but for a comment. */
static bool include_read(struct top *top, const char **out_name, size_t *out_size)
{
    if (!word_skip(top, "#") || !word_skip(top, "include") || top->at == top->end)
        return false;
    const char close = *top->at == '<' ? '>' : '"';
    if (*top->at != '<' && *top->at != '"')
        return false;
    *out_name = ++top->at;
    while (top->at < top->end && *top->at != close && *top->at != '\n')
        top->at++;
    if (top->at == top->end || *top->at != close)
        return false;
    *out_size = (size_t)(top->at++ - *out_name);
    while (top->at < top->end && (*top->at == ' ' || *top->at == '\t'))
        top->at++;
    return top->at < top->end && (is_blank(top) || *top->at == '/');
}

static bool word_skip(struct top *top, const char *word)
{
    const size_t length = strlen(word);

    if ((size_t)(top->end - top->at) < length || memcmp(top->at, word, length) != 0)
        return false;
    top->at += length;
    while (top->at < top->end && (*top->at == ' ' || *top->at == '\t'))
        top->at++;
    return true;
}

static bool is_intrinsics(const char *name, size_t size)
{
    static const char wanted[] = "immintrin.h";
    return size == sizeof wanted - 1 && memcmp(name, wanted, size) == 0;
}

/* Headers that know nothing of each other: in any order they say the same. */
static bool is_plain(const char *name, size_t size)
{
    static const char *const known[] = {"assert.h",   "ctype.h",  "errno.h",  "float.h",
                                        "inttypes.h", "limits.h", "math.h",   "stdalign.h",
                                        "stdbool.h",  "stddef.h", "stdint.h", "stdio.h",
                                        "stdlib.h",   "string.h", "stdarg.h"};

    for (size_t i = 0; i < COUNT(known); i++)
        if (size == strlen(known[i]) && memcmp(name, known[i], size) == 0)
            return true;
    return false;
}

int prebuilt_open(const struct toolchain *toolchain)
{
    char path[PATH_MAX_HERE];

    path_of(toolchain, path);
    return open(path, O_RDONLY | O_CLOEXEC);
}

struct err prebuilt_make(const struct toolchain *toolchain, struct sandbox *slot)
{
    static const char text[] = "#include <immintrin.h>\n";
    const char *argv[COMPILE_FLAGS_MAX + 8];
    char march[32], path[PATH_MAX_HERE];
    size_t count = 0;
    auto_close int header = -1, made = -1, nothing = -1;
    struct tool_result tool;

    struct err err = fdio_memfd_sealed("header", text, sizeof text - 1, &header);
    if (!err_is(err))
        err = fdio_memfd("prebuilt", 0, &made);
    if (!err_is(err))
        err = fdio_memfd("nothing", 0, &nothing);
    if (err_is(err))
        return err;

    compile_march(toolchain, march);
    argv[count++] = toolchain->cc1;
    argv[count++] = PREBUILT_HEADER;
    argv[count++] = march;
    count += compile_flags(BUILD_PREBUILT, argv + count);
    argv[count++] = "--output-pch=" PREBUILT_HEADER ".gch";
    argv[count++] = "-o";
    argv[count++] = "-";
    argv[count] = NULL;
    const struct sandbox_file in = {PREBUILT_HEADER, header}, out = {PREBUILT_HEADER ".gch", made};
    const struct tool_run run = {.title = "the compiler",
                                 .argv = argv,
                                 .input = nothing,
                                 .output = nothing,
                                 .files_in = &in,
                                 .files_in_count = 1,
                                 .file_out = &out,
                                 .output_bytes = PREBUILT_BYTES_MAX};
    tool_result_init(&tool);
    err = tool_run(slot, &run, &tool);
    if (!err_is(err) && tool.end != TOOL_DONE)
        err = err_make(ERR_INTERNAL, "the headers of intrinsics: %.100s",
                       tool.end == TOOL_LIMIT ? tool.message : tool.said.at);
    tool_result_release(&tool);
    path_of(toolchain, path);
    return err_is(err) ? err : keep(path, made);
}

/* The name says for whom it is good. */
static void path_of(const struct toolchain *toolchain, char out[PATH_MAX_HERE])
{
    const char *flags[COMPILE_FLAGS_MAX];
    struct cache_part parts[COMPILE_FLAGS_MAX + 2];
    const size_t flags_count = compile_flags(BUILD_PREBUILT, flags);
    size_t count = 0;

    parts[count++] = (struct cache_part){toolchain->identity, strlen(toolchain->identity)};
    parts[count++] = (struct cache_part){toolchain->isa, strlen(toolchain->isa)};
    for (size_t i = 0; i < flags_count; i++)
        parts[count++] = (struct cache_part){flags[i], strlen(flags[i])};
    const struct cache_key key = cache_key_of(parts, count);
    (void)snprintf(out, PATH_MAX_HERE, "%s/intrinsics-%02x%02x%02x%02x%02x%02x.gch",
                   toolchain->runtime, key.hash[0], key.hash[1], key.hash[2], key.hash[3],
                   key.hash[4], key.hash[5]); /* fits */
}

/* Under another name first: whoever looks meanwhile finds a whole file or none. */
static struct err keep(const char *path, int made)
{
    char draft[PATH_MAX_HERE + 16];
    auto_buf struct buf bytes = buf_of(PREBUILT_BYTES_MAX);

    (void)snprintf(draft, sizeof draft, "%s.new", path); /* fits */
    struct err err = fdio_read_start(made, &bytes, PREBUILT_BYTES_MAX, NULL);
    if (!err_is(err))
        err = fdio_write_file(draft, bytes.at, bytes.size, 0644);
    if (!err_is(err) && rename(draft, path) < 0)
        err = err_make(ERR_SYSTEM, "rename %.100s", draft);
    return err;
}
