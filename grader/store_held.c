/* Deadlines held open: whose dates move, and until when. */
#include "grader/store_held.h"

#include "grader/store_parts.h"

#include <stdint.h>

/* A minute counts to its end. */
#define END(date) "(" date " - " date " % 60000000 + 60000000)"
#define MEETS(date, plain) "(" END("(" date ")") " > ?3 AND ?4 >= (" plain ") - ?5)"
#define CAP(plain)                                                                                 \
    "iif(?6 > 9223372036854775807 - (" plain "), 9223372036854775807, (" plain ") + ?6)"
#define MOVED(date, plain)                                                                         \
    "CASE WHEN " MEETS(date, plain) " THEN max(" date ", min(?4 + ?5, " CAP(plain) ")) END"

struct err store_hold(struct db *db, const struct trouble *trouble, int64_t *out_count)
{
    /* A due date that moves past the close takes the close along. */
    sqlite3_stmt *hold = db_prepare(
        db,
        "INSERT INTO held_open (offering_id, membership_id, due_at, closes_at, refused_at)"
        " SELECT offering_id, membership_id, due_at,"
        "  CASE WHEN closes_at IS NULL AND (due_at IS NULL OR due_at <= old_closes) THEN NULL"
        "   ELSE max(coalesce(closes_at, 0), coalesce(due_at, 0)) END, ?4"
        " FROM (SELECT o.id AS offering_id, m.id AS membership_id,"
        "  " DATES_DUE " AS old_due, " DATES_CLOSES " AS old_closes,"
        "  " MOVED(
            DATES_DUE,
            PLAIN_DUE) " AS due_at,"
                       "  " MOVED(
                           DATES_CLOSES,
                           PLAIN_CLOSES) " AS closes_at"
                                         "  FROM offering o JOIN membership m ON m.cohort_id = "
                                         "o.cohort_id" DATES_JOIN "  WHERE (?1 = 0 OR m.id = ?1) "
                                         "AND (?2 IS NULL OR o.name = ?2)"
                                         "  AND coalesce(" DATES_OPENS ", 0) <= ?4)"
                                         " WHERE due_at > old_due OR closes_at > old_closes"
                                         " ON CONFLICT (offering_id, membership_id) DO UPDATE SET"
                                         " due_at = nullif(max(coalesce(due_at, 0), "
                                         "coalesce(excluded.due_at, 0)), 0),"
                                         " closes_at = nullif(max(coalesce(closes_at, 0), "
                                         "coalesce(excluded.closes_at, 0)), 0),"
                                         " refused_at = max(refused_at, excluded.refused_at)");
    db_bind_int(hold, 1, trouble->membership_id);
    db_bind_text(hold, 2, trouble->assignment);
    db_bind_int(hold, 3, trouble->began_at);
    db_bind_int(hold, 4, trouble->ended_at);
    db_bind_int(hold, 5, HELD_HOUR_US);
    db_bind_int(hold, 6, trouble->most_us);
    struct err err = db_run(db, hold, "hold deadlines open");
    *out_count = err_is(err) ? 0 : sqlite3_changes(db->handle);
    return err;
}

struct err store_alive_get(struct db *db, int64_t *out_at)
{
    sqlite3_stmt *get = db_prepare(db, "SELECT coalesce(alive_at, 0) FROM service WHERE id = 1");
    bool row = false;
    *out_at = 0;
    struct err err = db_step(db, get, &row, "read the heartbeat");
    if (!err_is(err) && row)
        *out_at = sqlite3_column_int64(get, 0);
    db_done(get);
    return err;
}

struct err store_alive_put(struct db *db, int64_t now_at)
{
    sqlite3_stmt *put = db_prepare(db, "UPDATE service SET alive_at = ?1 WHERE id = 1");
    db_bind_int(put, 1, now_at);
    return db_run(db, put, "write the heartbeat");
}

struct err store_outage_add(struct db *db, int64_t began_at, int64_t ended_at, const char *reason)
{
    sqlite3_stmt *add =
        db_prepare(db, "INSERT INTO outage (began_at, ended_at, reason) VALUES (?1, ?2, ?3)");
    db_bind_int(add, 1, began_at);
    db_bind_int(add, 2, ended_at);
    db_bind_text(add, 3, reason);
    return db_run(db, add, "note an outage");
}
