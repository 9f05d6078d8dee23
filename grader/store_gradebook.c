/* Graded submissions and what was decided by hand. */
#include "grader/store_gradebook.h"

#include "grader/store_parts.h"

struct err store_graded(struct db *db, int64_t cohort_id,
                        void (*each)(void *context, const struct graded_row *row), void *context)
{
    sqlite3_stmt *list =
        db_prepare(db, "SELECT s.membership_id, s.offering_id, s.id, s.received_at, g.score, "
                       "s.review IS NOT NULL OR s.hold = 1"
                       " FROM submission s JOIN grading g"
                       " ON g.submission_id = s.id AND g.generation = s.generation"
                       " JOIN membership m ON m.id = s.membership_id WHERE m.cohort_id = ?1"
                       " AND s.practice = 0 AND s.stage = 'graded' AND g.score IS NOT NULL"
                       " ORDER BY s.membership_id, s.offering_id, s.received_at, s.id");
    bool more = true;
    struct err err = err_none();
    db_bind_int(list, 1, cohort_id);
    while (more && !err_is(err)) {
        err = db_step(db, list, &more, "read scores");
        if (err_is(err) || !more)
            break;
        const struct graded_row row = {.membership_id = sqlite3_column_int64(list, 0),
                                       .offering_id = sqlite3_column_int64(list, 1),
                                       .entry = {.id = sqlite3_column_int64(list, 2),
                                                 .received_at = sqlite3_column_int64(list, 3),
                                                 .score = sqlite3_column_int64(list, 4),
                                                 .held = sqlite3_column_int(list, 5) != 0}};
        each(context, &row);
    }
    db_done(list);
    return err;
}

struct err store_grade_rules(struct db *db, int64_t offering_id, int64_t membership_id,
                             int64_t *out_due_at, struct grade_override *out)
{
    sqlite3_stmt *get = db_prepare(
        db, "SELECT coalesce(" DATES_DUE ", 0), v.grade IS NOT NULL, coalesce(v.hold, 0),"
            " coalesce(v.grade, 0) FROM offering o JOIN membership m ON m.id = ?2" DATES_JOIN
            " LEFT JOIN override v ON v.offering_id = o.id AND v.membership_id = m.id"
            " WHERE o.id = ?1");
    bool found = false;
    db_bind_int(get, 1, offering_id);
    db_bind_int(get, 2, membership_id);
    struct err err = db_step(db, get, &found, "read the rules of a grade");
    if (!err_is(err) && found) {
        *out_due_at = sqlite3_column_int64(get, 0);
        *out = (struct grade_override){.is_set = sqlite3_column_int(get, 1) != 0,
                                       .hold = sqlite3_column_int(get, 2) != 0,
                                       .grade = sqlite3_column_int64(get, 3)};
    }
    db_done(get);
    return err;
}
