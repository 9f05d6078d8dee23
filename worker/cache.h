/* Compiled objects on disk, so that the same source is compiled once. An entry is what compiler and
 * assembler made of a source: the object, or their errors, and what they said. Never a verdict: the
 * object is audited and linked anew on each use.
 *
 * One file per entry, named by its key, written under another name and renamed; a checksum at its
 * end makes a torn or foreign file a miss. Workers share a folder without talking: the oldest
 * entries go when it grows past its bound. The cache never fails: it only misses. */
#ifndef WORKER_CACHE_H
#define WORKER_CACHE_H

#include "sandbox/base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CACHE_BYTES_MAX ((uint64_t)256 << 20)
#define CACHE_ENTRIES_MAX 4096
#define CACHE_OBJECT_MAX ((size_t)16 << 20)
#define CACHE_DIAGNOSTICS_MAX ((size_t)16 << 10)

struct cache_key {
    unsigned char hash[32];
};

struct cache_part {
    const void *bytes;
    size_t size;
};

struct cache_entry {
    bool compiled; /* there is an object; else errors */
    int64_t errors, warnings;
    char code[32]; /* when not compiled */
    char message[200];
    struct buf diagnostics; /* both owned */
    struct buf object;
};

/* An empty entry; cache_entry_release frees what it got. */
void cache_entry_init(struct cache_entry *entry);
void cache_entry_release(struct cache_entry *entry);

/* The key of everything that the result depends on, in order; each part counts with its length. */
struct cache_key cache_key_of(const struct cache_part *parts, size_t count);

/* Fills an empty entry and marks it as used now. Returns false on a miss; the entry is then empty.
 */
bool cache_get(const char *folder, const struct cache_key *key, struct cache_entry *out);

/* Keeps an entry; makes the folder (mode 0700) if it is missing; now and then drops the oldest. */
void cache_put(const char *folder, const struct cache_key *key, const struct cache_entry *entry);

/* Drops the entries used longest ago until both bounds hold. cache_put calls it; tests do too. */
void cache_sweep(const char *folder, uint64_t bytes_max, size_t entries_max);

#endif
