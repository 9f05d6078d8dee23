/* Versions of assignments, and what a cohort offers. */
#include "grader/store.h"
#include "grader/store_parts.h"
#include "sandbox/base/text.h"

static struct err offering_read(sqlite3_stmt *row, struct offering *out);

const char *const late_policy_words[] = {"none", "per_day", "grace", NULL};
const char *const pick_words[] = {"best", "last", NULL};
const char *const board_sight_words[] = {"ta", "cohort", "public", NULL};
const char *const board_names_words[] = {"real", "alias", "anonymous", NULL};

#define OFFERING_COLUMNS                                                                           \
    "SELECT o.id, o.cohort_id, o.name, a.spec_hash, coalesce(" DATES_OPENS ", 0),"                 \
    " coalesce(" DATES_DUE ", 0), coalesce(" DATES_CLOSES ", 0), " DATES_ATTEMPTS                  \
    ", o.zone, o.supersede, o.late_policy, o.late_percent, o.grace_days, o.interval_s, o.pick,"    \
    " coalesce(o.split, -1), o.weight, o.board, o.board_names"                                     \
    " FROM offering o JOIN assignment a ON a.id = o.assignment_id"                                 \
    " LEFT JOIN membership m ON m.id = ?2" DATES_JOIN " WHERE o.cohort_id = ?1"

struct err store_assignment_put(struct db *db, const struct spec *spec, const char *text,
                                int64_t now_at, int64_t *out_id)
{
    sqlite3_stmt *put =
        db_prepare(db, "INSERT INTO assignment (name, spec_hash, title, created_at, spec)"
                       " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name, spec_hash)"
                       " DO UPDATE SET title = ?3, spec = coalesce(spec, ?5) RETURNING id");
    db_bind_text(put, 1, spec->name);
    db_bind_text(put, 2, spec->hash);
    db_bind_text(put, 3, spec->title);
    db_bind_int(put, 4, now_at);
    db_bind_text(put, 5, text);
    return store_insert_id(db, put, "put an assignment", out_id);
}

struct err store_assignment_text(struct db *db, const char *spec_hash, struct buf *out,
                                 bool *out_found)
{
    sqlite3_stmt *get =
        db_prepare(db, "SELECT spec FROM assignment WHERE spec_hash = ?1 AND spec IS NOT NULL");
    db_bind_text(get, 1, spec_hash);
    struct err err = db_step(db, get, out_found, "read a version of an assignment");
    if (!err_is(err) && *out_found)
        buf_append(out, sqlite3_column_text(get, 0), (size_t)sqlite3_column_bytes(get, 0));
    db_done(get);
    return err;
}

struct err store_offering_put(struct db *db, const struct offering *offering, int64_t assignment_id,
                              int64_t *out_id)
{
    sqlite3_stmt *put = db_prepare(
        db,
        "INSERT INTO offering (cohort_id, name, assignment_id, opens_at, due_at, closes_at, zone,"
        " attempts_max, supersede, late_policy, late_percent, grace_days, interval_s, pick, split,"
        " weight, board, board_names) VALUES (?1, ?2, ?3, nullif(?4, 0), nullif(?5, 0),"
        " nullif(?6, 0), ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, nullif(?15, -1), ?16, ?17, ?18)"
        " ON CONFLICT (cohort_id, name) DO UPDATE SET assignment_id = ?3,"
        " opens_at = nullif(?4, 0), due_at = nullif(?5, 0), closes_at = nullif(?6, 0), zone = ?7,"
        " attempts_max = ?8, supersede = ?9, late_policy = ?10, late_percent = ?11,"
        " grace_days = ?12, interval_s = ?13, pick = ?14, split = nullif(?15, -1), weight = ?16,"
        " board = ?17, board_names = ?18 RETURNING id");
    db_bind_int(put, 1, offering->cohort_id);
    db_bind_text(put, 2, offering->assignment);
    db_bind_int(put, 3, assignment_id);
    db_bind_int(put, 4, offering->opens_at);
    db_bind_int(put, 5, offering->due_at);
    db_bind_int(put, 6, offering->closes_at);
    db_bind_text(put, 7, offering->zone[0] != 0 ? offering->zone : "UTC");
    db_bind_int(put, 8, offering->attempts_max);
    db_bind_int(put, 9, offering->supersede);
    db_bind_text(put, 10, late_policy_words[offering->late_policy]);
    db_bind_int(put, 11, offering->late_percent);
    db_bind_int(put, 12, offering->grace_days);
    db_bind_int(put, 13, offering->interval_s);
    db_bind_text(put, 14, pick_words[offering->pick]);
    db_bind_int(put, 15, offering->split);
    db_bind_int(put, 16, offering->weight);
    db_bind_text(put, 17, board_sight_words[offering->board]);
    db_bind_text(put, 18, board_names_words[offering->board_names]);
    return store_insert_id(db, put, "put an offering", out_id);
}

struct err store_offering_find(struct db *db, int64_t cohort_id, int64_t membership_id,
                               const char *assignment, struct offering *out, bool *out_found)
{
    sqlite3_stmt *find = db_prepare(db, OFFERING_COLUMNS " AND o.name = ?3");
    db_bind_int(find, 1, cohort_id);
    db_bind_int(find, 2, membership_id);
    db_bind_text(find, 3, assignment);
    struct err err = db_step(db, find, out_found, "find an offering");
    if (!err_is(err) && *out_found)
        err = offering_read(find, out);
    db_done(find);
    return err;
}

struct err store_offering_used(struct db *db, int64_t offering_id, bool *out_used)
{
    sqlite3_stmt *ask =
        db_prepare(db, "SELECT 1 FROM submission WHERE offering_id = ?1 AND practice = 0 LIMIT 1");
    db_bind_int(ask, 1, offering_id);
    struct err err = db_step(db, ask, out_used, "look for submissions of an offering");
    db_done(ask);
    return err;
}

struct err store_offerings(struct db *db, int64_t cohort_id, int64_t membership_id,
                           struct offering *out, size_t max, size_t *out_count)
{
    sqlite3_stmt *list = db_prepare(db, OFFERING_COLUMNS " ORDER BY o.name");
    db_bind_int(list, 1, cohort_id);
    db_bind_int(list, 2, membership_id);
    size_t count = 0;
    bool row = true;
    struct err err = err_none();
    while (count < max && row && !err_is(err)) {
        err = db_step(db, list, &row, "list offerings");
        if (row && !err_is(err))
            err = offering_read(list, &out[count++]);
    }
    db_done(list);
    *out_count = count;
    return err;
}

struct err store_offerings_move(struct db *db, const char *assignment, int64_t assignment_id,
                                int64_t *out_moved)
{
    sqlite3_stmt *move = db_prepare(db, "UPDATE offering SET assignment_id = ?2 WHERE name = ?1"
                                        " AND assignment_id <> ?2 AND cohort_id IN"
                                        " (SELECT id FROM cohort WHERE closed_at IS NULL)");
    db_bind_text(move, 1, assignment);
    db_bind_int(move, 2, assignment_id);
    struct err err = db_run(db, move, "move offerings to a version");
    *out_moved = err_is(err) ? 0 : sqlite3_changes(db->handle);
    return err;
}

struct err store_target_put(struct db *db, int64_t offering_id, const struct target_row *row,
                            int64_t now_at)
{
    sqlite3_stmt *put = db_prepare(db, "INSERT INTO target (offering_id, class, target, set_at)"
                                       " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (offering_id, class)"
                                       " DO UPDATE SET target = ?3, set_at = ?4");
    db_bind_int(put, 1, offering_id);
    db_bind_text(put, 2, row->class_name);
    db_bind_real(put, 3, row->target);
    db_bind_int(put, 4, now_at);
    return db_run(db, put, "put a target");
}

struct err store_targets_copy(struct db *db, int64_t offering_id, const struct spec *spec,
                              int64_t now_at)
{
    struct err err = err_none();
    for (int i = 0; i < spec->classes_count && !err_is(err); i++) {
        struct target_row row = {.target = spec->classes[i].target};
        (void)text_copy(row.class_name, sizeof row.class_name, spec->classes[i].name); /* as wide */
        if (row.target > 1)
            err = store_target_put(db, offering_id, &row, now_at);
    }
    return err;
}

struct err store_targets(struct db *db, int64_t offering_id,
                         struct target_row out[SPEC_CLASSES_MAX], int *out_count)
{
    sqlite3_stmt *list = db_prepare(db, "SELECT class, target FROM target WHERE offering_id = ?1"
                                        " ORDER BY class");
    db_bind_int(list, 1, offering_id);
    int count = 0;
    bool row = true;
    struct err err = err_none();
    while (count < SPEC_CLASSES_MAX && row && !err_is(err)) {
        err = db_step(db, list, &row, "list targets");
        if (err_is(err) || !row)
            continue;
        db_copy_text(list, 0, out[count].class_name, sizeof out[count].class_name);
        out[count++].target = sqlite3_column_double(list, 1);
    }
    db_done(list);
    *out_count = count;
    return err;
}

static struct err offering_read(sqlite3_stmt *row, struct offering *out)
{
    *out = (struct offering){.id = sqlite3_column_int64(row, 0),
                             .cohort_id = sqlite3_column_int64(row, 1),
                             .opens_at = sqlite3_column_int64(row, 4),
                             .due_at = sqlite3_column_int64(row, 5),
                             .closes_at = sqlite3_column_int64(row, 6),
                             .attempts_max = sqlite3_column_int64(row, 7),
                             .supersede = sqlite3_column_int(row, 9) != 0,
                             .late_percent = sqlite3_column_int64(row, 11),
                             .grace_days = sqlite3_column_int64(row, 12),
                             .interval_s = sqlite3_column_int64(row, 13),
                             .split = sqlite3_column_int64(row, 15),
                             .weight = sqlite3_column_int64(row, 16)};
    db_copy_text(row, 2, out->assignment, sizeof out->assignment);
    db_copy_text(row, 3, out->spec_hash, sizeof out->spec_hash);
    db_copy_text(row, 8, out->zone, sizeof out->zone);
    int late = 0;
    int pick = 0;
    int board = 0;
    int names = 0;
    struct err err = store_word(row, 10, late_policy_words, &late);
    if (!err_is(err))
        err = store_word(row, 14, pick_words, &pick);
    if (!err_is(err))
        err = store_word(row, 17, board_sight_words, &board);
    if (!err_is(err))
        err = store_word(row, 18, board_names_words, &names);
    out->late_policy = (enum late_policy)late;
    out->pick = (enum pick)pick;
    out->board = (enum board_sight)board;
    out->board_names = (enum board_names)names;
    return err;
}
