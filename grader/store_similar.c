/* Pairs and their runs. */
#include "grader/store_similar.h"

#include <string.h>

struct err store_similar_sources(struct db *db, const char *counting,
                                 void (*each)(void *context, int64_t submission_id,
                                              const unsigned char source_hash[32]),
                                 void *context)
{
    sqlite3_stmt *list = db_prepare(db, "SELECT id, source_hash FROM submission WHERE id IN"
                                        " (SELECT value FROM json_each(?1)) ORDER BY id");
    bool more = true;
    struct err err = err_none();
    db_bind_text(list, 1, counting);
    while (more && !err_is(err)) {
        err = db_step(db, list, &more, "pick sources");
        if (!err_is(err) && more)
            each(context, sqlite3_column_int64(list, 0), sqlite3_column_blob(list, 1));
    }
    db_done(list);
    return err;
}

struct err store_similar_clear(struct db *db, int64_t offering_id)
{
    sqlite3_stmt *clear = db_prepare(db, "DELETE FROM similar WHERE offering_id = ?1");
    db_bind_int(clear, 1, offering_id);
    return db_run(db, clear, "forget a comparison");
}

struct err store_similar_put(struct db *db, int64_t offering_id,
                             const struct similar_source *sources, const struct similar_pair *pair,
                             int64_t now_at)
{
    int64_t one = sources[pair->one].id;
    int64_t other = sources[pair->other].id;
    sqlite3_stmt *put =
        db_prepare(db, "INSERT INTO similar (offering_id, one_id, other_id, one_share,"
                       " other_share, made_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    db_bind_int(put, 1, offering_id);
    db_bind_int(put, 2, one);
    db_bind_int(put, 3, other);
    db_bind_int(put, 4, pair->one_share);
    db_bind_int(put, 5, pair->other_share);
    db_bind_int(put, 6, now_at);
    struct err err = db_run(db, put, "keep a pair");
    for (size_t i = 0; i < pair->runs_count && !err_is(err); i++) {
        const struct similar_run *run = &pair->runs[i];
        sqlite3_stmt *add = db_prepare(
            db, "INSERT OR IGNORE INTO similar_run (offering_id, one_id, other_id, one_from,"
                " one_to, other_from, other_to, tokens) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        db_bind_int(add, 1, offering_id);
        db_bind_int(add, 2, one);
        db_bind_int(add, 3, other);
        db_bind_int(add, 4, run->one_from);
        db_bind_int(add, 5, run->one_to);
        db_bind_int(add, 6, run->other_from);
        db_bind_int(add, 7, run->other_to);
        db_bind_int(add, 8, run->tokens);
        err = db_run(db, add, "keep what a pair shares");
    }
    return err;
}

struct err store_similar_list(struct db *db, int64_t offering_id, int64_t least, int64_t limit,
                              void (*each)(void *context, const struct similar_line *line),
                              void *context)
{
    sqlite3_stmt *list = db_prepare(
        db, "SELECT p.one_id, p.other_id, p.one_share, p.other_share, p.made_at, u.login, v.login,"
            " s.source_hash = t.source_hash FROM similar p"
            " JOIN submission s ON s.id = p.one_id JOIN membership m ON m.id = s.membership_id"
            " JOIN user u ON u.id = m.user_id JOIN submission t ON t.id = p.other_id"
            " JOIN membership n ON n.id = t.membership_id JOIN user v ON v.id = n.user_id"
            " WHERE p.offering_id = ?1 AND max(p.one_share, p.other_share) >= ?2"
            " ORDER BY max(p.one_share, p.other_share) DESC, p.one_share + p.other_share DESC,"
            " p.one_id, p.other_id LIMIT ?3");
    bool more = true;
    struct err err = err_none();
    db_bind_int(list, 1, offering_id);
    db_bind_int(list, 2, least);
    db_bind_int(list, 3, limit);
    while (more && !err_is(err)) {
        err = db_step(db, list, &more, "list pairs");
        if (err_is(err) || !more)
            break;
        const struct similar_line line = {.one_id = sqlite3_column_int64(list, 0),
                                          .other_id = sqlite3_column_int64(list, 1),
                                          .one_share = sqlite3_column_int64(list, 2),
                                          .other_share = sqlite3_column_int64(list, 3),
                                          .made_at = sqlite3_column_int64(list, 4),
                                          .one_login = (const char *)sqlite3_column_text(list, 5),
                                          .other_login = (const char *)sqlite3_column_text(list, 6),
                                          .same_bytes = sqlite3_column_int(list, 7) != 0};
        each(context, &line);
    }
    db_done(list);
    return err;
}

struct err store_similar_runs(struct db *db, int64_t one_id, int64_t other_id,
                              void (*each)(void *context, const struct similar_run *run),
                              void *context)
{
    sqlite3_stmt *list =
        db_prepare(db, "SELECT one_from, one_to, other_from, other_to, tokens FROM similar_run"
                       " WHERE one_id = ?1 AND other_id = ?2 ORDER BY tokens DESC, one_from");
    bool more = true;
    struct err err = err_none();
    db_bind_int(list, 1, one_id);
    db_bind_int(list, 2, other_id);
    while (more && !err_is(err)) {
        err = db_step(db, list, &more, "list what a pair shares");
        if (err_is(err) || !more)
            break;
        const struct similar_run run = {.one_from = sqlite3_column_int(list, 0),
                                        .one_to = sqlite3_column_int(list, 1),
                                        .other_from = sqlite3_column_int(list, 2),
                                        .other_to = sqlite3_column_int(list, 3),
                                        .tokens = sqlite3_column_int(list, 4)};
        each(context, &run);
    }
    db_done(list);
    return err;
}
