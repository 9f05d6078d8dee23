/* `grader similar run COHORT ASSIGNMENT` compares the sources of an offering; `similar list` and
 * `similar pair` are operations (grader/op_similar.c). Sources are read, compared in the sandbox,
 * and only then is written: the service goes on meanwhile. */
#include "grader/command.h"
#include "grader/commands.h"
#include "grader/gradebook.h"
#include "grader/serve_settings.h"
#include "grader/similar_run.h"
#include "grader/store.h"
#include "grader/store_similar.h"
#include "grader/try.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct comparison;
static int run(int argc, char **argv);
static struct err compare(struct comparison *comparison);
static struct err read_sources(struct comparison *comparison);
static struct err find_sources(struct comparison *comparison);
static void add_source(void *context, int64_t submission_id, const unsigned char source_hash[32]);
static struct err read_given(struct comparison *comparison, struct buf *out);
static struct err keep(struct comparison *comparison);
static void release(struct comparison *comparison);

#define SOURCES_MAX ((size_t)100000)

static const char help[] =
    "usage: grader similar run COHORT ASSIGNMENT    compares what counts of each student\n"
    "       grader similar list COHORT ASSIGNMENT [--least=30] [--limit=50]   pairs, most alike "
    "first\n"
    "       grader similar pair ID ID               what two share, side by side\n"
    "Compared is by sim_c (Debian's similarity-tester) in the sandbox: layout, comments, names "
    "and\n"
    "numbers make no difference, and what is like the starter counts on neither side. The share "
    "is\n"
    "that of a file's own lines found in the other. A share proves nothing: look at the pair.\n"
    "Exit code: 0, 1 on a failure, 3 where sim_c is not installed, 64 wrong usage.\n";

#define EXIT_MISSING 3

struct comparison {
    struct serve_settings settings;
    struct settings origins;
    struct try_place place;
    struct db db;
    struct cohort_row cohort;
    struct offering offering;
    struct similar_source *sources;
    unsigned char (*hashes)[32];
    size_t count;
    struct similar_pair *pairs;
    size_t pairs_count;
    bool missing;
    bool too_many;
};

int command_similar(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "list") == 0 || strcmp(argv[1], "pair") == 0))
        return command_operation(argc, argv);
    bool asked = argc > 1 && strcmp(argv[argc - 1], "--help") == 0;
    if (asked || argc < 2 || strcmp(argv[1], "run") != 0) {
        fputs(help, asked ? stdout : stderr);
        return asked ? 0 : COMMAND_USAGE;
    }
    return run(argc - 1, argv + 1);
}

static int run(int argc, char **argv)
{
    struct comparison *comparison = calloc(1, sizeof *comparison);
    bool found = false;
    if (comparison == NULL)
        abort();
    struct err err = serve_settings_load(&comparison->origins, &comparison->settings, &argc, argv);
    if (!err_is(err) && argc != 3) {
        free(comparison);
        fputs(help, stderr);
        return COMMAND_USAGE;
    }
    const char *overlay = comparison->settings.assignments_path;
    if (!err_is(err))
        err = try_place_open(&comparison->place, overlay[0] != 0 ? overlay : NULL);
    if (!err_is(err))
        err = store_open(&comparison->db, comparison->settings.database_path);
    if (!err_is(err))
        err = store_cohort_find(&comparison->db, argv[1], &comparison->cohort, &found);
    if (!err_is(err) && found)
        err = store_offering_find(&comparison->db, comparison->cohort.id, 0, argv[2],
                                  &comparison->offering, &found);
    if (!err_is(err) && !found)
        err = err_make(ERR_INPUT, "no %.40s/%.40s: `grader offerings COHORT` has them", argv[1],
                       argv[2]);
    if (!err_is(err))
        err = compare(comparison);
    if (err_is(err))
        fprintf(stderr, "grader similar: %s\n", err.text);
    else
        printf("%zu sources compared, %zu pairs kept. `grader similar list %s %s` ranks them.\n",
               comparison->count, comparison->pairs_count, argv[1], argv[2]);
    int code = !err_is(err) ? 0 : comparison->missing ? EXIT_MISSING : 1;
    release(comparison);
    return code;
}

static struct err compare(struct comparison *comparison)
{
    auto_buf struct buf given = buf_of((size_t)1 << 20);
    struct err err = read_sources(comparison);
    if (!err_is(err))
        err = read_given(comparison, &given);
    if (err_is(err))
        return err;
    err = similar_run(comparison->sources, comparison->count, given.at, &comparison->pairs,
                      &comparison->pairs_count);
    comparison->missing = err.code == ERR_INPUT;
    return err_is(err) ? err : keep(comparison);
}

static struct err read_sources(struct comparison *comparison)
{
    comparison->sources = calloc(SOURCES_MAX, sizeof *comparison->sources);
    comparison->hashes = calloc(SOURCES_MAX, sizeof *comparison->hashes);
    if (comparison->sources == NULL || comparison->hashes == NULL)
        return err_make(ERR_SYSTEM, "no memory for sources");
    struct err err = find_sources(comparison);
    if (!err_is(err) && comparison->too_many)
        err =
            err_make(ERR_INPUT, "more than %zu sources: too many to compare in pairs", SOURCES_MAX);
    for (size_t i = 0; i < comparison->count && !err_is(err); i++) {
        struct buf text;
        buf_init(&text, (size_t)2 << 20);
        err = store_source(&comparison->db, comparison->hashes[i], &text);
        comparison->sources[i].text = strdup(text.at);
        comparison->sources[i].size = text.size;
        buf_release(&text);
        if (comparison->sources[i].text == NULL)
            err = err_make(ERR_SYSTEM, "no memory for sources");
    }
    return err;
}

/* Those of the gradebook: after lateness, overrides and whatever else decides there. */
static struct err find_sources(struct comparison *comparison)
{
    struct db *db = &comparison->db;
    auto_buf struct buf counting = buf_of((size_t)4 << 20);
    struct err err = db_exec(db, "BEGIN");
    if (err_is(err))
        return err;
    err = gradebook_counting(db, &comparison->cohort, comparison->offering.id, clock_utc_us(),
                             &counting);
    if (!err_is(err))
        err = store_similar_sources(db, counting.at, add_source, comparison);
    (void)db_exec(db, "COMMIT"); /* nothing was written */
    return err;
}

static void add_source(void *context, int64_t submission_id, const unsigned char source_hash[32])
{
    struct comparison *comparison = context;
    if (comparison->count == SOURCES_MAX) {
        comparison->too_many = true;
        return;
    }
    memcpy(comparison->hashes[comparison->count], source_hash, 32);
    comparison->sources[comparison->count++].id = submission_id;
}

/* What everybody was handed out: the starter. */
static struct err read_given(struct comparison *comparison, struct buf *out)
{
    char path[4200];
    (void)snprintf(path, sizeof path, "%s/assignments/%s/starter.c", comparison->place.home,
                   comparison->offering.assignment); /* fits */
    return fdio_read_file(path, out);
}

static struct err keep(struct comparison *comparison)
{
    struct db *db = &comparison->db;
    int64_t now_at = clock_utc_us();
    char words[64];
    char actor[COMMAND_ACTOR_MAX];
    command_actor(actor);
    struct err err = db_exec(db, "BEGIN IMMEDIATE");
    if (err_is(err))
        return err;
    err = store_similar_clear(db, comparison->offering.id);
    for (size_t i = 0; i < comparison->pairs_count && !err_is(err); i++)
        err = store_similar_put(db, comparison->offering.id, comparison->sources,
                                &comparison->pairs[i], now_at);
    (void)snprintf(words, sizeof words, "%zu sources", comparison->count); /* fits */
    if (!err_is(err))
        err = store_audit(db, actor, "similar.run", comparison->offering.assignment, words, now_at);
    if (!err_is(err))
        return db_exec(db, "COMMIT");
    (void)db_exec(db, "ROLLBACK"); /* the first failure is the one to tell */
    return err;
}

static void release(struct comparison *comparison)
{
    for (size_t i = 0; comparison->sources != NULL && i < comparison->count; i++)
        free((char *)(uintptr_t)comparison->sources[i].text); /* ours, lent as const */
    free(comparison->sources);
    free(comparison->hashes);
    free(comparison->pairs);
    db_close(&comparison->db);
    try_place_close(&comparison->place);
    free(comparison);
}
