/* The file of an entry: struct header, message, diagnostics, object, and a hash of all before it.
 */
#include "worker/cache.h"

#include "sandbox/base/err.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HASH_BYTES 32
#define NAME_BYTES 65                      /* of an entry's file: its key in hex and a 0 */
#define SWEEP_OBJECT_MIN ((size_t)1 << 20) /* a larger object always looks at the bounds */

struct header {
    char magic[8]; /* with the version of this layout */
    uint64_t compiled;
    int64_t errors, warnings;
    uint64_t diagnostics_bytes, object_bytes;
    char code[32];
    char message[200];
};

/* One file of the folder, for the sweep. */
struct kept {
    char name[NAME_BYTES];
    uint64_t bytes;
    struct timespec used;
};

static const char magic[8] = {'o', 'b', 'j', 'e', 'c', 't', '0', '1'};

static bool parse(const struct buf *file, struct cache_entry *out);
static void hash_of(const void *bytes, size_t size, unsigned char out[HASH_BYTES]);
static bool write_entry(int folder, const char *name, const struct buf *file);
static struct kept *list_entries(int folder, size_t *out_count);
static int compare_used(const void *left, const void *right);

void cache_entry_init(struct cache_entry *entry)
{
    *entry = (struct cache_entry){0};
    buf_init(&entry->diagnostics, CACHE_DIAGNOSTICS_MAX + 64);
    buf_init(&entry->object, CACHE_OBJECT_MAX);
}

void cache_entry_release(struct cache_entry *entry)
{
    buf_release(&entry->diagnostics);
    buf_release(&entry->object);
}

struct cache_key cache_key_of(const struct cache_part *parts, size_t count)
{
    struct cache_key key;
    crypto_generichash_state state;

    /* None of the three can fail for these sizes. */
    (void)crypto_generichash_init(&state, NULL, 0, sizeof key.hash);
    for (size_t i = 0; i < count; i++) {
        const uint64_t size = parts[i].size;
        (void)crypto_generichash_update(&state, (const unsigned char *)&size, sizeof size);
        (void)crypto_generichash_update(&state, parts[i].bytes, size);
    }
    (void)crypto_generichash_final(&state, key.hash, sizeof key.hash);
    return key;
}

bool cache_get(const char *folder, const struct cache_key *key, struct cache_entry *out)
{
    char name[NAME_BYTES], path[4096 + NAME_BYTES];
    auto_buf struct buf file =
        buf_of(sizeof(struct header) + CACHE_DIAGNOSTICS_MAX + CACHE_OBJECT_MAX + 256);

    text_hex(key->hash, sizeof key->hash, name);
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    if (err_is(fdio_read_file(path, &file)) || !parse(&file, out))
        return false;
    (void)utimensat(AT_FDCWD, path, NULL, 0); /* else it goes a little early */
    return true;
}

static bool parse(const struct buf *file, struct cache_entry *out)
{
    struct header header;
    unsigned char hash[HASH_BYTES];

    if (file->size < sizeof header + sizeof hash)
        return false;
    const size_t body = file->size - sizeof hash;
    hash_of(file->at, body, hash);
    if (memcmp(hash, file->at + body, sizeof hash) != 0)
        return false;
    memcpy(&header, file->at, sizeof header);
    const size_t rest = body - sizeof header;
    if (memcmp(header.magic, magic, sizeof magic) != 0 || header.diagnostics_bytes > rest ||
        header.object_bytes != rest - header.diagnostics_bytes)
        return false;

    out->compiled = header.compiled != 0;
    out->errors = header.errors;
    out->warnings = header.warnings;
    header.code[sizeof header.code - 1] = 0;
    header.message[sizeof header.message - 1] = 0;
    memcpy(out->code, header.code, sizeof out->code);
    memcpy(out->message, header.message, sizeof out->message);
    const char *at = file->at + sizeof header;
    buf_append(&out->diagnostics, at, header.diagnostics_bytes);
    buf_append(&out->object, at + header.diagnostics_bytes, header.object_bytes);
    if (!out->diagnostics.failed && !out->object.failed)
        return true;
    buf_clear(&out->diagnostics);
    buf_clear(&out->object);
    return false;
}

static void hash_of(const void *bytes, size_t size, unsigned char out[HASH_BYTES])
{
    /* cannot fail for this size */
    (void)crypto_generichash(out, HASH_BYTES, bytes, size, NULL, 0);
}

void cache_put(const char *folder, const struct cache_key *key, const struct cache_entry *entry)
{
    struct header header = {.compiled = entry->compiled,
                            .errors = entry->errors,
                            .warnings = entry->warnings,
                            .diagnostics_bytes = entry->diagnostics.size,
                            .object_bytes = entry->object.size};
    unsigned char hash[HASH_BYTES];
    char name[NAME_BYTES];
    auto_buf struct buf file =
        buf_of(sizeof header + CACHE_DIAGNOSTICS_MAX + CACHE_OBJECT_MAX + 256);

    memcpy(header.magic, magic, sizeof magic);
    memcpy(header.code, entry->code, sizeof header.code);
    memcpy(header.message, entry->message, sizeof header.message);
    buf_append(&file, &header, sizeof header);
    buf_append(&file, entry->diagnostics.at, entry->diagnostics.size);
    buf_append(&file, entry->object.at, entry->object.size);
    hash_of(file.at, file.size, hash);
    buf_append(&file, hash, sizeof hash);
    if (file.failed)
        return;

    (void)mkdir(folder, 0700); /* there already, or the open fails */
    auto_close int fd = open(folder, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    text_hex(key->hash, sizeof key->hash, name);
    if (fd < 0 || !write_entry(fd, name, &file))
        return;
    /* Looking at thousands of files costs more than a compile saves: one time in sixteen will do,
     * and the key is as good as a die. */
    if ((key->hash[0] & 15) == 0 || entry->object.size >= SWEEP_OBJECT_MIN)
        cache_sweep(folder, CACHE_BYTES_MAX, CACHE_ENTRIES_MAX);
}

/* No fsync: after a power cut the checksum finds what is torn. */
static bool write_entry(int folder, const char *name, const struct buf *file)
{
    char draft[NAME_BYTES + 24];
    (void)snprintf(draft, sizeof draft, "%s.%ld", name, (long)getpid());

    auto_close int fd =
        openat(folder, draft, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    if (!err_is(fdio_write(fd, file->at, file->size)) && renameat(folder, draft, folder, name) == 0)
        return true;
    (void)unlinkat(folder, draft, 0); /* a full disk: the sweep takes what stays */
    return false;
}

void cache_sweep(const char *folder, uint64_t bytes_max, size_t entries_max)
{
    auto_close int fd = open(folder, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    size_t count = 0;
    uint64_t bytes = 0;

    if (fd < 0)
        return;
    auto_free struct kept *entries = list_entries(fd, &count);
    for (size_t i = 0; i < count; i++)
        bytes += entries[i].bytes;
    if (count > 0)
        qsort(entries, count, sizeof *entries, compare_used);
    for (size_t i = 0; i < count && (bytes > bytes_max || count - i > entries_max); i++) {
        (void)unlinkat(fd, entries[i].name, 0); /* another worker may have been first */
        bytes -= entries[i].bytes;
    }
}

/* The drafts of workers that died have longer names; an hour later nobody will rename them any
 * more, and they go too. */
static struct kept *list_entries(int folder, size_t *out_count)
{
    struct kept *entries = NULL;
    size_t count = 0, capacity = 0;
    int copy = openat(folder, ".", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    DIR *stream = copy < 0 ? NULL : fdopendir(copy);

    if (stream == NULL) {
        if (copy >= 0)
            (void)close(copy); /* only read */
        *out_count = 0;
        return NULL;
    }
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        struct stat status;
        if (fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISREG(status.st_mode))
            continue;
        if (strlen(entry->d_name) != NAME_BYTES - 1) {
            if (status.st_mtime < time(NULL) - 3600)
                (void)unlinkat(folder, entry->d_name, 0); /* tried again next time */
            continue;
        }
        if (count == capacity) {
            capacity = capacity == 0 ? 256 : 2 * capacity;
            struct kept *larger = reallocarray(entries, capacity, sizeof *entries);
            if (larger == NULL)
                break;
            entries = larger;
        }
        struct kept *kept = &entries[count++];
        (void)text_copy(kept->name, sizeof kept->name, entry->d_name);
        kept->bytes = (uint64_t)status.st_size;
        kept->used = status.st_mtim;
    }
    (void)closedir(stream); /* was only read */
    *out_count = count;
    return entries;
}

static int compare_used(const void *left, const void *right)
{
    const struct kept *a = left, *b = right;

    if (a->used.tv_sec != b->used.tv_sec)
        return a->used.tv_sec < b->used.tv_sec ? -1 : 1;
    if (a->used.tv_nsec != b->used.tv_nsec)
        return a->used.tv_nsec < b->used.tv_nsec ? -1 : 1;
    return 0;
}
