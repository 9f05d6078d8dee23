/* Writes the kit: ustar blocks (POSIX.1-1988, table 10-1), then one gzip member. */
#include "grader/kit.h"

#include "sandbox/base/fdio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define BLOCK 512
#define MTIME 1767225600 /* 2026-01-01: fixed, so that equal files give equal kits */

struct ustar {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], kind;
    char link[100], magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155];
    char rest[12];
};
_Static_assert(sizeof(struct ustar) == BLOCK, "one header is one block");

static struct err add_file(struct buf *tar, const struct spec *spec, const char *home, size_t row);
static void add_entry(struct buf *tar, const char *folder, const char *name, const void *bytes,
                      size_t size);
static void readme(struct buf *out, const struct spec *spec, const char *base_url);
static struct err pack(const struct buf *tar, struct buf *out);

/* From the folder of the assignment into the kit; %s is the assignment's name. */
static const struct {
    const char *from, *to;
    bool required;
} files[] = {
    {"%s.h", "%s.h", true},        {"starter.c", "%s.c", true},
    {"%s.cuh", "%s.cuh", false},   {"starter.cu", "%s.cu", false},
    {"TASK.md", "TASK.md", false}, {"TASK.zh.md", "TASK.zh.md", false},
};

struct err kit_build(const struct spec *spec, const char *home, const char *base_url,
                     struct buf *out)
{
    static const char end[2 * BLOCK];
    auto_buf struct buf tar = buf_of(KIT_MAX);
    auto_buf struct buf text = buf_of(8192);
    for (size_t i = 0; i < COUNT(files); i++) {
        struct err err = add_file(&tar, spec, home, i);
        if (err_is(err))
            return err;
    }
    readme(&text, spec, base_url);
    add_entry(&tar, spec->name, "README", text.at, text.size);
    buf_append(&tar, end, sizeof end);
    if (tar.failed || text.failed)
        return err_make(ERR_LIMIT, "the kit of '%s' is larger than %zu bytes", spec->name, KIT_MAX);
    return pack(&tar, out);
}

/* "%s.h" with the name in place of %s. */
static void file_name(const char *pattern, const char *name, char *out, size_t size)
{
    const char *at = strstr(pattern, "%s");
    if (at == NULL)
        (void)snprintf(out, size, "%s", pattern); /* fits */
    else
        (void)snprintf(out, size, "%.*s%s%s", (int)(at - pattern), pattern, name,
                       at + 2); /* fits */
}

static struct err add_file(struct buf *tar, const struct spec *spec, const char *home, size_t row)
{
    char name[64];
    char path[4096 + 128];
    auto_buf struct buf text = buf_of(KIT_MAX);
    file_name(files[row].from, spec->name, name, sizeof name);
    (void)snprintf(path, sizeof path, "%.4000s/assignments/%s/%s", home, spec->name,
                   name); /* fits */
    struct err err = fdio_read_file(path, &text);
    if (err_is(err) && err.sys_errno == ENOENT && !files[row].required)
        return err_none();
    if (err_is(err))
        return err;
    file_name(files[row].to, spec->name, name, sizeof name);
    add_entry(tar, spec->name, name, text.at, text.size);
    return err_none();
}

static void add_entry(struct buf *tar, const char *folder, const char *name, const void *bytes,
                      size_t size)
{
    static const char zeros[BLOCK];
    struct ustar head = {.mode = "0000644",
                         .uid = "0000000",
                         .gid = "0000000",
                         .checksum = "       ", /* counts as blanks while it is summed */
                         .kind = '0',
                         .magic = "ustar",
                         .version = {'0', '0'},
                         .user = "root",
                         .group = "root"};
    head.checksum[7] = ' ';
    (void)snprintf(head.name, sizeof head.name, "%s/%s", folder, name);            /* fits */
    (void)snprintf(head.size, sizeof head.size, "%011zo", size);                   /* fits */
    (void)snprintf(head.mtime, sizeof head.mtime, "%011lo", (unsigned long)MTIME); /* fits */
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof head; i++)
        sum += ((const unsigned char *)&head)[i];
    (void)snprintf(head.checksum, sizeof head.checksum, "%06o", sum & 0777777); /* fits; then ' ' */
    buf_append(tar, &head, sizeof head);
    buf_append(tar, bytes, size);
    buf_append(tar, zeros, (BLOCK - size % BLOCK) % BLOCK);
}

static void readme(struct buf *out, const struct spec *spec, const char *base_url)
{
    const char *name = spec->name;
    const char *host = strstr(base_url, "://");
    host = host != NULL ? host + 3 : base_url;
    size_t length = strcspn(host, ":/");
    buf_printf(out,
               "%s\n%s\n\n"
               "%s.h says what to write, %s.c is where to begin: it compiles and is wrong.\n"
               "TASK.md explains the mathematics, the rules and the points%s.\n\n"
               "Once, with the token that you were given, into ~/.netrc (chmod 600):\n"
               "    machine %.*s login YOU password TOKEN\n\n"
               "To submit (the report comes back while it is graded):\n"
               "    curl -n --fail-with-body -T %s.c %s/submit/%s\n\n"
               "To try without using an attempt:\n"
               "    curl -n --fail-with-body -T %s.c %s/try/%s\n\n"
               "On your own machine, with the autograder built:\n"
               "    grader try %s %s.c\n\n"
               "提交：  curl -n --fail-with-body -T %s.c %s/submit/%s\n"
               "练习：  curl -n --fail-with-body -T %s.c %s/try/%s\n",
               spec->title, spec->title_zh, name, name,
               spec->on_gpu ? ";\nthe .cuh and the .cu file are the same exercise for a GPU" : "",
               (int)length, host, name, base_url, name, name, base_url, name, name, name, name,
               base_url, name, name, base_url, name);
}

static struct err pack(const struct buf *tar, struct buf *out)
{
    z_stream stream = {0};
    /* 15 + 16: the largest window, gzip framing; zlib writes no name and no time. */
    if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return err_make(ERR_INTERNAL, "no memory to pack a kit");
    size_t room = deflateBound(&stream, tar->size);
    auto_free unsigned char *packed = malloc(room);
    stream.next_in = (unsigned char *)tar->at;
    stream.avail_in = (uInt)tar->size; /* at most KIT_MAX */
    stream.next_out = packed;
    stream.avail_out = (uInt)room;
    int code = packed != NULL ? deflate(&stream, Z_FINISH) : Z_MEM_ERROR;
    if (code == Z_STREAM_END)
        buf_append(out, packed, stream.total_out);
    (void)deflateEnd(&stream); /* nothing is lost by it */
    return code == Z_STREAM_END && !out->failed ? err_none()
                                                : err_make(ERR_INTERNAL, "no room for a kit");
}
