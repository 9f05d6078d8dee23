/* What is decided for one student: extensions, dates of a section, grades by hand, erasure. */
#include "grader/store_course.h"
#include "grader/store_parts.h"

#include <stddef.h>

struct err store_extension_put(struct db *db, const struct extension_row *row, int64_t now_at)
{
    sqlite3_stmt *put = db_prepare(
        db,
        "INSERT INTO extension (offering_id, membership_id, due_at, closes_at,"
        " attempts, reason, actor, made_at)"
        " VALUES (?1, ?2, nullif(?3, 0), nullif(?4, 0), max(?5, 0), ?6, ?7, ?8)"
        " ON CONFLICT (offering_id, membership_id) DO UPDATE SET"
        " due_at = iif(?9, NULL, coalesce(nullif(?3, 0), due_at)),"
        " closes_at = iif(?9, NULL, coalesce(nullif(?4, 0), closes_at)),"
        " attempts = coalesce(nullif(?5, -1), attempts), reason = ?6, actor = ?7, made_at = ?8");
    db_bind_int(put, 1, row->offering_id);
    db_bind_int(put, 2, row->membership_id);
    db_bind_int(put, 3, row->due_at);
    db_bind_int(put, 4, row->closes_at);
    db_bind_int(put, 5, row->attempts);
    db_bind_text(put, 6, row->reason);
    db_bind_text(put, 7, row->actor);
    db_bind_int(put, 8, now_at);
    db_bind_int(put, 9, row->ends);
    struct err err = db_run(db, put, "put an extension");
    if (err_is(err))
        return err;
    sqlite3_stmt *drop =
        db_prepare(db, "DELETE FROM extension WHERE offering_id = ?1 AND membership_id = ?2"
                       " AND due_at IS NULL AND closes_at IS NULL AND attempts = 0");
    db_bind_int(drop, 1, row->offering_id);
    db_bind_int(drop, 2, row->membership_id);
    return db_run(db, drop, "drop an extension of nothing");
}

struct err store_extension_has_due(struct db *db, int64_t offering_id, int64_t membership_id,
                                   bool *out_has)
{
    sqlite3_stmt *find = db_prepare(db, "SELECT 1 FROM extension WHERE offering_id = ?1"
                                        " AND membership_id = ?2 AND due_at IS NOT NULL");
    db_bind_int(find, 1, offering_id);
    db_bind_int(find, 2, membership_id);
    struct err err = db_step(db, find, out_has, "find an extension");
    db_done(find);
    return err;
}

struct err store_override_put(struct db *db, const struct override_row *row, int64_t now_at)
{
    sqlite3_stmt *put = db_prepare(
        db, "INSERT INTO override (offering_id, membership_id, grade, hold, reason, actor, made_at)"
            " VALUES (?1, ?2, nullif(?3, -1), ?4, ?5, ?6, ?7)"
            " ON CONFLICT (offering_id, membership_id) DO UPDATE SET grade = nullif(?3, -1),"
            " hold = ?4, reason = ?5, actor = ?6, made_at = ?7");
    if (row->grade < 0 && !row->hold)
        put = db_prepare(db, "DELETE FROM override WHERE offering_id = ?1 AND membership_id = ?2");
    db_bind_int(put, 1, row->offering_id);
    db_bind_int(put, 2, row->membership_id);
    if (row->grade >= 0 || row->hold) {
        db_bind_int(put, 3, row->grade);
        db_bind_int(put, 4, row->hold);
        db_bind_text(put, 5, row->reason);
        db_bind_text(put, 6, row->actor);
        db_bind_int(put, 7, now_at);
    }
    return db_run(db, put, "put a grade by hand");
}

struct err store_section_dates_get(struct db *db, int64_t offering_id, int64_t section_id,
                                   struct section_dates *out)
{
    sqlite3_stmt *get =
        db_prepare(db, "SELECT coalesce(opens_at, 0), coalesce(due_at, 0), coalesce(closes_at, 0)"
                       " FROM section_dates WHERE offering_id = ?1 AND section_id = ?2");
    bool found = false;
    db_bind_int(get, 1, offering_id);
    db_bind_int(get, 2, section_id);
    struct err err = db_step(db, get, &found, "read dates of a section");
    *out = (struct section_dates){.opens_at = 0};
    if (!err_is(err) && found)
        *out = (struct section_dates){sqlite3_column_int64(get, 0), sqlite3_column_int64(get, 1),
                                      sqlite3_column_int64(get, 2)};
    db_done(get);
    return err;
}

struct err store_section_dates_put(struct db *db, int64_t offering_id, int64_t section_id,
                                   const struct section_dates *dates)
{
    sqlite3_stmt *put = db_prepare(
        db, "INSERT INTO section_dates (offering_id, section_id, opens_at, due_at, closes_at)"
            " VALUES (?1, ?2, nullif(?3, 0), nullif(?4, 0), nullif(?5, 0))"
            " ON CONFLICT (offering_id, section_id) DO UPDATE SET opens_at = nullif(?3, 0),"
            " due_at = nullif(?4, 0), closes_at = nullif(?5, 0)");
    db_bind_int(put, 1, offering_id);
    db_bind_int(put, 2, section_id);
    db_bind_int(put, 3, dates->opens_at);
    db_bind_int(put, 4, dates->due_at);
    db_bind_int(put, 5, dates->closes_at);
    struct err err = db_run(db, put, "put dates of a section");
    if (err_is(err))
        return err;
    sqlite3_stmt *drop =
        db_prepare(db, "DELETE FROM section_dates WHERE offering_id = ?1 AND section_id = ?2"
                       " AND coalesce(opens_at, due_at, closes_at) IS NULL");
    db_bind_int(drop, 1, offering_id);
    db_bind_int(drop, 2, section_id);
    return db_run(db, drop, "drop dates of a section");
}

struct err store_section_dates_all(struct db *db, int64_t offering_id,
                                   void (*each)(void *context, const char *section,
                                                const struct section_dates *dates),
                                   void *context)
{
    sqlite3_stmt *list = db_prepare(
        db, "SELECT n.name, coalesce(d.opens_at, o.opens_at, 0), coalesce(d.due_at, o.due_at, 0),"
            " coalesce(" SECTION_CLOSES ", 0) FROM section_dates d JOIN section n"
            " ON n.id = d.section_id JOIN offering o ON o.id = d.offering_id"
            " WHERE d.offering_id = ?1 ORDER BY n.name");
    bool more = true;
    struct err err = err_none();
    db_bind_int(list, 1, offering_id);
    while (more && !err_is(err)) {
        err = db_step(db, list, &more, "list dates of sections");
        if (err_is(err) || !more)
            break;
        const struct section_dates dates = {sqlite3_column_int64(list, 1),
                                            sqlite3_column_int64(list, 2),
                                            sqlite3_column_int64(list, 3)};
        each(context, (const char *)sqlite3_column_text(list, 0), &dates);
    }
    db_done(list);
    return err;
}

struct err store_user_find(struct db *db, const char *login, int64_t *out_id, bool *out_found)
{
    sqlite3_stmt *find = db_prepare(db, "SELECT id FROM user WHERE login = ?1");
    db_bind_text(find, 1, login);
    struct err err = db_step(db, find, out_found, "find a user");
    if (!err_is(err) && *out_found)
        *out_id = sqlite3_column_int64(find, 0);
    db_done(find);
    return err;
}

struct err store_user_memberships(struct db *db, int64_t user_id,
                                  void (*each)(void *context, int64_t membership_id,
                                               int64_t created_at),
                                  void *context)
{
    sqlite3_stmt *list =
        db_prepare(db, "SELECT id, created_at FROM membership WHERE user_id = ?1 ORDER BY id");
    bool found = false;
    db_bind_int(list, 1, user_id);
    struct err err = db_step(db, list, &found, "read the memberships of a person");
    while (!err_is(err) && found) {
        each(context, sqlite3_column_int64(list, 0), sqlite3_column_int64(list, 1));
        err = db_step(db, list, &found, "read the memberships of a person");
    }
    db_done(list);
    return err;
}

struct err store_member_find(struct db *db, int64_t membership_id, int64_t created_at,
                             bool *out_found, bool *out_erased)
{
    sqlite3_stmt *find =
        db_prepare(db, "SELECT u.erased_at IS NOT NULL FROM membership m JOIN user u ON u.id ="
                       " m.user_id WHERE m.id = ?1 AND m.created_at = ?2");
    db_bind_int(find, 1, membership_id);
    db_bind_int(find, 2, created_at);
    struct err err = db_step(db, find, out_found, "look for a membership");
    *out_erased = !err_is(err) && *out_found && sqlite3_column_int64(find, 0) != 0;
    db_done(find);
    return err;
}

#define MINE "(SELECT id FROM membership WHERE user_id = ?1)"
#define MY_SUBMISSIONS "(SELECT id FROM submission WHERE membership_id IN " MINE ")"
#define MY_LOGIN "(SELECT login FROM user WHERE id = ?1)"
#define ERASED_HASH "cast(printf('erased %025d', id) AS BLOB)"
#define COUNTED(field) offsetof(struct erased, field)

/* In this order: what names them elsewhere, what they sent, then themselves. A measurement's lines
 * hold the compiler's words and what the program printed, which may be anything: they go whole; the
 * numbers of each case stay in case_result. Each submission keeps a source of its own, an empty
 * one, since a person sends the same bytes only once. */
static const struct {
    size_t counted; /* field of struct erased; the last step to count into it wins */
    const char *sql;
} erase_steps[] = {
    {COUNTED(others),
     "UPDATE audit SET object = substr(object, 1, length(object) - length(" MY_LOGIN
     ")) || 'erased-' || ?1, reason = '' WHERE (object = " MY_LOGIN
     " AND (action LIKE 'user.%' OR action LIKE 'token.%'))"
     " OR (substr(object, -1 - length(" MY_LOGIN ")) = '/' || " MY_LOGIN
     " AND object LIKE '%/%/%')"}, /* a cohort may be called like the login */
    {COUNTED(others), "UPDATE audit SET actor = 'erased-' || ?1 WHERE actor = " MY_LOGIN},
    {COUNTED(tokens), "DELETE FROM token WHERE membership_id IN " MINE},
    {COUNTED(others), "DELETE FROM job WHERE submission_id IN " MY_SUBMISSIONS},
    {COUNTED(others),
     "DELETE FROM similar WHERE one_id IN " MY_SUBMISSIONS " OR other_id IN " MY_SUBMISSIONS},
    {COUNTED(others), "UPDATE extension SET reason = '' WHERE membership_id IN " MINE},
    {COUNTED(others), "UPDATE override SET reason = '' WHERE membership_id IN " MINE},
    {COUNTED(others),
     "UPDATE grading SET events = '', message = '', stage = CASE WHEN stage IN ('received',"
     " 'queued', 'compiling', 'checking', 'checked', 'timing') THEN 'cancelled' ELSE stage END"
     " WHERE submission_id IN " MY_SUBMISSIONS},
    {COUNTED(others), "UPDATE grading SET actor = 'erased-' || ?1 WHERE actor = " MY_LOGIN},
    {COUNTED(others), "UPDATE extension SET actor = 'erased-' || ?1 WHERE actor = " MY_LOGIN},
    {COUNTED(others), "UPDATE override SET actor = 'erased-' || ?1 WHERE actor = " MY_LOGIN},
    {COUNTED(others), "INSERT OR IGNORE INTO source (hash, size, packed) SELECT " ERASED_HASH
                      ", 0, x'789c030000000001' FROM submission WHERE membership_id IN " MINE},
    {COUNTED(submissions), "UPDATE submission SET source_hash = " ERASED_HASH
                           ", file_name = 'erased', commit_name = NULL,"
                           " review = iif(review IS NULL, NULL, ''), stage = CASE WHEN stage IN"
                           " ('received', 'queued', 'compiling', 'checking', 'checked', 'timing')"
                           " THEN 'cancelled' ELSE stage END WHERE membership_id IN " MINE},
    {COUNTED(sources), "DELETE FROM source WHERE ?1 > 0 AND NOT EXISTS"
                       " (SELECT 1 FROM submission s WHERE s.source_hash = source.hash)"},
    {COUNTED(memberships), "UPDATE membership SET section_id = NULL, student_id = NULL,"
                           " alias = NULL WHERE user_id = ?1"},
    {COUNTED(others), "UPDATE user SET login = 'erased-' || ?1, name = '', email = '',"
                      " erased_at = unixepoch() * 1000000 WHERE id = ?1"},
};

struct err store_user_erase(struct db *db, int64_t user_id, struct erased *out)
{
    struct err err = db_exec(db, "PRAGMA secure_delete = ON"); /* freed pages become zeros */
    *out = (struct erased){.submissions = 0};
    for (size_t i = 0; i < COUNT(erase_steps) && !err_is(err); i++) {
        sqlite3_stmt *step = db_prepare(db, erase_steps[i].sql);
        db_bind_int(step, 1, user_id);
        err = db_run(db, step, "erase a person");
        *(int64_t *)((char *)out + erase_steps[i].counted) = sqlite3_changes(db->handle);
    }
    struct err off = db_exec(db, "PRAGMA secure_delete = FAST");
    db->erased = true;
    return err_is(err) ? err : off;
}
