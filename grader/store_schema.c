/* The tables. Times are microseconds UTC in columns ending _at; points are hundredths; no column is
 * called status, type or data. A migration, once released, is never edited: add the next one. */
#include "grader/store_schema.h"

#include "sandbox/base/err.h"

static const char version_1[] =
    "CREATE TABLE cohort ("
    "  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT NOT NULL,"
    "  created_at INTEGER NOT NULL, closed_at INTEGER) STRICT;"

    "CREATE TABLE user ("
    "  id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
    "  created_at INTEGER NOT NULL) STRICT;"

    "CREATE TABLE membership ("
    "  id INTEGER PRIMARY KEY, cohort_id INTEGER NOT NULL REFERENCES cohort,"
    "  user_id INTEGER NOT NULL REFERENCES user,"
    "  role TEXT NOT NULL CHECK (role IN ('student', 'ta', 'admin')),"
    "  created_at INTEGER NOT NULL, UNIQUE (cohort_id, user_id)) STRICT;"

    "CREATE TABLE token ("
    "  id INTEGER PRIMARY KEY, membership_id INTEGER NOT NULL REFERENCES membership,"
    "  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),"
    "  created_at INTEGER NOT NULL, revoked_at INTEGER) STRICT;"
    "CREATE INDEX token_membership ON token (membership_id);"

    "CREATE TABLE assignment (" /* one row per version */
    "  id INTEGER PRIMARY KEY, name TEXT NOT NULL, spec_hash TEXT NOT NULL, title TEXT NOT NULL,"
    "  created_at INTEGER NOT NULL, UNIQUE (name, spec_hash)) STRICT;"

    "CREATE TABLE offering ("
    "  id INTEGER PRIMARY KEY, cohort_id INTEGER NOT NULL REFERENCES cohort,"
    "  name TEXT NOT NULL," /* of the assignment */
    "  assignment_id INTEGER NOT NULL REFERENCES assignment,"
    "  opens_at INTEGER, due_at INTEGER, closes_at INTEGER,"
    "  zone_minutes INTEGER NOT NULL DEFAULT 0, attempts_max INTEGER NOT NULL DEFAULT 0,"
    "  supersede INTEGER NOT NULL DEFAULT 0, UNIQUE (cohort_id, name)) STRICT;"

    "CREATE TABLE source (" /* zlib, by SHA-256 of the plain bytes */
    "  hash BLOB PRIMARY KEY CHECK (length(hash) = 32), size INTEGER NOT NULL,"
    "  packed BLOB NOT NULL) STRICT, WITHOUT ROWID;"

    "CREATE TABLE submission ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  membership_id INTEGER NOT NULL REFERENCES membership,"
    "  offering_id INTEGER NOT NULL REFERENCES offering,"
    "  source_hash BLOB NOT NULL REFERENCES source, file_name TEXT NOT NULL,"
    "  device TEXT NOT NULL CHECK (device IN ('cpu', 'gpu')),"
    "  practice INTEGER NOT NULL CHECK (practice IN (0, 1)),"
    "  spec_hash TEXT NOT NULL, key BLOB NOT NULL CHECK (length(key) = 32),"
    "  stage TEXT NOT NULL, generation INTEGER NOT NULL DEFAULT 1,"
    "  received_at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX submission_membership ON submission (membership_id, offering_id, received_at);"
    "CREATE UNIQUE INDEX submission_same ON submission"
    "  (membership_id, offering_id, source_hash, device, practice)"
    "  WHERE stage NOT IN ('system_error', 'superseded', 'cancelled');"

    "CREATE TABLE grading ("
    "  id INTEGER PRIMARY KEY, submission_id INTEGER NOT NULL REFERENCES submission,"
    "  generation INTEGER NOT NULL, stage TEXT NOT NULL, code TEXT NOT NULL DEFAULT '',"
    "  message TEXT NOT NULL DEFAULT '', score INTEGER, max_score INTEGER,"
    "  speedup REAL, low REAL, high REAL,"
    "  events TEXT NOT NULL DEFAULT ''," /* measurements as they came, one JSON object a line */
    "  created_at INTEGER NOT NULL, checked_at INTEGER, finished_at INTEGER,"
    "  UNIQUE (submission_id, generation)) STRICT;"

    "CREATE TABLE case_result ("
    "  grading_id INTEGER NOT NULL REFERENCES grading, name TEXT NOT NULL,"
    "  group_name TEXT NOT NULL, verdict TEXT NOT NULL, error_ratio REAL, wall_ms REAL,"
    "  cpu_ms REAL, speedup REAL, low REAL, high REAL,"
    "  PRIMARY KEY (grading_id, name)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE job (" /* the queue: a row goes when its work is written */
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, submission_id INTEGER NOT NULL REFERENCES submission,"
    "  generation INTEGER NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('check', 'time')),"
    "  tries INTEGER NOT NULL DEFAULT 0, deaths INTEGER NOT NULL DEFAULT 0,"
    "  queued_at INTEGER NOT NULL, UNIQUE (submission_id, generation, kind)) STRICT;"

    "CREATE TABLE audit ("
    "  id INTEGER PRIMARY KEY, actor TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL,"
    "  reason TEXT NOT NULL, done_at INTEGER NOT NULL) STRICT;";

const char *const store_migrations[] = {version_1};
const int store_version = COUNT(store_migrations);
