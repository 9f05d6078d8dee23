/* Texts of assignment files, kept and found again. */
#include "grader/versions.h"

#include "grader/store.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/log.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct versions_entry {
    struct versions_entry *next;
    struct spec spec;
};

#define TEXT_MAX ((size_t)256 * 1024) /* as assignments/spec.h has it */

void versions_release(struct versions *versions)
{
    while (versions->first != NULL) {
        struct versions_entry *entry = versions->first;
        versions->first = entry->next;
        free(entry);
    }
}

const struct spec *versions_find(struct versions *versions, struct db *db, const struct spec *specs,
                                 size_t specs_count, const char *hash)
{
    auto_buf struct buf text = buf_of(TEXT_MAX);
    bool found = false;
    for (size_t i = 0; i < specs_count; i++)
        if (strcmp(specs[i].hash, hash) == 0)
            return &specs[i];
    for (const struct versions_entry *entry = versions->first; entry != NULL; entry = entry->next)
        if (strcmp(entry->spec.hash, hash) == 0)
            return &entry->spec;

    struct err err = store_assignment_text(db, hash, &text, &found);
    struct versions_entry *entry = found ? calloc(1, sizeof *entry) : NULL;
    if (!err_is(err) && entry != NULL)
        err = spec_parse(&entry->spec, text.at, text.size, "a stored version");
    if (err_is(err) || entry == NULL) {
        free(entry);
        if (err_is(err))
            log_err("versions.find", err);
        return NULL;
    }
    entry->next = versions->first;
    versions->first = entry;
    return &entry->spec;
}

struct err versions_record(struct db *db, const struct spec *specs, size_t specs_count,
                           const char *home, const char *overlay, int64_t now_at)
{
    struct err err = err_none();
    for (size_t i = 0; i < specs_count && !err_is(err); i++) {
        auto_buf struct buf text = buf_of(TEXT_MAX);
        int64_t id = 0;
        int64_t moved = 0;
        err = versions_text(&specs[i], home, overlay, &text);
        if (!err_is(err))
            err = store_assignment_put(db, &specs[i], text.at, now_at, &id);
        if (!err_is(err))
            err = store_offerings_move(db, specs[i].name, id, &moved);
        if (!err_is(err) && moved > 0)
            err = store_audit(db, "service", "offering.version", specs[i].name, specs[i].hash,
                              now_at);
    }
    return err;
}

struct err versions_text(const struct spec *spec, const char *home, const char *overlay,
                         struct buf *out)
{
    char path[8192];
    char hex[2 * crypto_hash_sha256_BYTES + 1];
    unsigned char hash[crypto_hash_sha256_BYTES];
    const char *const folders[] = {overlay, home};
    for (size_t i = 0; i < COUNT(folders); i++) {
        if (folders[i][0] == 0)
            continue;
        buf_clear(out);
        (void)snprintf(path, sizeof path, "%s/%s%s/assignment.json", folders[i],
                       i == 1 ? "assignments/" : "", spec->name); /* a cut one is not found */
        if (err_is(fdio_read_file(path, out)))
            continue;
        (void)crypto_hash_sha256(hash, (const unsigned char *)out->at, out->size);
        (void)sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
        if (strcmp(hex, spec->hash) == 0)
            return err_none();
    }
    return err_make(ERR_INPUT, "assignment '%s' was edited while it was read: start again",
                    spec->name);
}
