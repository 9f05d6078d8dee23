/* The tables. Times are microseconds UTC in columns ending _at; points are hundredths; no column is
 * called status, type or data. A migration, once released, is never edited: add the next one. */
#include "grader/store_schema.h"

#include "sandbox/base/err.h"

static const char *const version_1[] = {
    "CREATE TABLE cohort ("
    "  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT NOT NULL,"
    "  created_at INTEGER NOT NULL, closed_at INTEGER) STRICT;",

    "CREATE TABLE user ("
    "  id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
    "  created_at INTEGER NOT NULL) STRICT;",

    "CREATE TABLE membership ("
    "  id INTEGER PRIMARY KEY, cohort_id INTEGER NOT NULL REFERENCES cohort,"
    "  user_id INTEGER NOT NULL REFERENCES user,"
    "  role TEXT NOT NULL CHECK (role IN ('student', 'ta', 'admin')),"
    "  created_at INTEGER NOT NULL, UNIQUE (cohort_id, user_id)) STRICT;",

    "CREATE TABLE token ("
    "  id INTEGER PRIMARY KEY, membership_id INTEGER NOT NULL REFERENCES membership,"
    "  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),"
    "  created_at INTEGER NOT NULL, revoked_at INTEGER) STRICT;",
    "CREATE INDEX token_membership ON token (membership_id);",

    "CREATE TABLE assignment (" /* one row per version */
    "  id INTEGER PRIMARY KEY, name TEXT NOT NULL, spec_hash TEXT NOT NULL, title TEXT NOT NULL,"
    "  created_at INTEGER NOT NULL, UNIQUE (name, spec_hash)) STRICT;",

    "CREATE TABLE offering ("
    "  id INTEGER PRIMARY KEY, cohort_id INTEGER NOT NULL REFERENCES cohort,"
    "  name TEXT NOT NULL," /* of the assignment */
    "  assignment_id INTEGER NOT NULL REFERENCES assignment,"
    "  opens_at INTEGER, due_at INTEGER, closes_at INTEGER,"
    "  zone_minutes INTEGER NOT NULL DEFAULT 0, attempts_max INTEGER NOT NULL DEFAULT 0,"
    "  supersede INTEGER NOT NULL DEFAULT 0, UNIQUE (cohort_id, name)) STRICT;",

    "CREATE TABLE source (" /* zlib, by SHA-256 of the plain bytes */
    "  hash BLOB PRIMARY KEY CHECK (length(hash) = 32), size INTEGER NOT NULL,"
    "  packed BLOB NOT NULL) STRICT, WITHOUT ROWID;",

    "CREATE TABLE submission ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  membership_id INTEGER NOT NULL REFERENCES membership,"
    "  offering_id INTEGER NOT NULL REFERENCES offering,"
    "  source_hash BLOB NOT NULL REFERENCES source, file_name TEXT NOT NULL,"
    "  device TEXT NOT NULL CHECK (device IN ('cpu', 'gpu')),"
    "  practice INTEGER NOT NULL CHECK (practice IN (0, 1)),"
    "  spec_hash TEXT NOT NULL, key BLOB NOT NULL CHECK (length(key) = 32),"
    "  stage TEXT NOT NULL, generation INTEGER NOT NULL DEFAULT 1,"
    "  received_at INTEGER NOT NULL) STRICT;",
    "CREATE INDEX submission_membership ON submission (membership_id, offering_id, received_at);",
    "CREATE UNIQUE INDEX submission_same ON submission"
    "  (membership_id, offering_id, source_hash, device, practice)"
    "  WHERE stage NOT IN ('system_error', 'superseded', 'cancelled');",

    "CREATE TABLE grading ("
    "  id INTEGER PRIMARY KEY, submission_id INTEGER NOT NULL REFERENCES submission,"
    "  generation INTEGER NOT NULL, stage TEXT NOT NULL, code TEXT NOT NULL DEFAULT '',"
    "  message TEXT NOT NULL DEFAULT '', score INTEGER, max_score INTEGER,"
    "  speedup REAL, low REAL, high REAL,"
    "  events TEXT NOT NULL DEFAULT ''," /* measurements as they came, one JSON object a line */
    "  created_at INTEGER NOT NULL, checked_at INTEGER, finished_at INTEGER,"
    "  UNIQUE (submission_id, generation)) STRICT;",

    "CREATE TABLE case_result ("
    "  grading_id INTEGER NOT NULL REFERENCES grading, name TEXT NOT NULL,"
    "  group_name TEXT NOT NULL, verdict TEXT NOT NULL, error_ratio REAL, wall_ms REAL,"
    "  cpu_ms REAL, speedup REAL, low REAL, high REAL,"
    "  PRIMARY KEY (grading_id, name)) STRICT, WITHOUT ROWID;",

    "CREATE TABLE job (" /* the queue: a row goes when its work is written */
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, submission_id INTEGER NOT NULL REFERENCES submission,"
    "  generation INTEGER NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('check', 'time')),"
    "  tries INTEGER NOT NULL DEFAULT 0, deaths INTEGER NOT NULL DEFAULT 0,"
    "  queued_at INTEGER NOT NULL, UNIQUE (submission_id, generation, kind)) STRICT;",

    "CREATE TABLE audit ("
    "  id INTEGER PRIMARY KEY, actor TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL,"
    "  reason TEXT NOT NULL, done_at INTEGER NOT NULL) STRICT;",
    NULL};

/* The course: sections, aliases, dates with a zone, lateness, extensions, overrides, keys of
 * workers and git servers, leases. A job may be a regrade; a grading knows the version of the
 * assignment it was measured under, and that version's text is kept. */
static const char *const version_2[] = {
    "CREATE TABLE section ("
    "  id INTEGER PRIMARY KEY, cohort_id INTEGER NOT NULL REFERENCES cohort,"
    "  name TEXT NOT NULL, UNIQUE (cohort_id, name)) STRICT;",

    "ALTER TABLE cohort ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC';", /* of its offerings */
    "ALTER TABLE cohort ADD COLUMN grace_days INTEGER;", /* per student, all offerings; NULL: no
                                                           budget */
    "ALTER TABLE user ADD COLUMN email TEXT NOT NULL DEFAULT '';",
    "ALTER TABLE user ADD COLUMN erased_at INTEGER;",
    "ALTER TABLE membership ADD COLUMN alias TEXT;",
    "ALTER TABLE membership ADD COLUMN student_id TEXT;",
    "ALTER TABLE membership ADD COLUMN section_id INTEGER REFERENCES section;",
    "CREATE UNIQUE INDEX membership_alias ON membership (cohort_id, alias)"
    "  WHERE alias IS NOT NULL;",
    "CREATE UNIQUE INDEX membership_student_id ON membership (cohort_id, student_id)"
    "  WHERE student_id IS NOT NULL;",
    "CREATE INDEX membership_user ON membership (user_id);",

    "CREATE TABLE worker ("
    "  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    "  class TEXT NOT NULL DEFAULT '',"         /* cpu:x86-64-v4, once it has said so */
    "  capability TEXT NOT NULL DEFAULT 'cpu'," /* cpu, gpu:sm_90 */
    "  self_test REAL, self_tested_at INTEGER," /* baseline against itself, 1 is perfect */
    "  drained INTEGER NOT NULL DEFAULT 0 CHECK (drained IN (0, 1)),"
    "  created_at INTEGER NOT NULL, seen_at INTEGER, removed_at INTEGER) STRICT;",

    /* A token belongs to one membership, whose role it has; or it is the key of a worker; or that
     * of a git server, which may submit for the students of its cohort (role hook). */
    "CREATE TABLE token_2 ("
    "  id INTEGER PRIMARY KEY, membership_id INTEGER REFERENCES membership,"
    "  cohort_id INTEGER REFERENCES cohort, worker_id INTEGER REFERENCES worker,"
    "  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32), label TEXT NOT NULL DEFAULT '',"
    "  created_at INTEGER NOT NULL, last_used_at INTEGER, expires_at INTEGER, revoked_at INTEGER,"
    "  CHECK ((membership_id IS NOT NULL) + (cohort_id IS NOT NULL) + (worker_id IS NOT NULL) = 1)"
    ") STRICT;",
    "INSERT INTO token_2 (id, membership_id, hash, created_at, revoked_at)"
    "  SELECT id, membership_id, hash, created_at, revoked_at FROM token;",
    "DROP TABLE token;", "ALTER TABLE token_2 RENAME TO token;",
    "CREATE INDEX token_membership ON token (membership_id);",
    "CREATE INDEX token_cohort ON token (cohort_id);",
    "CREATE INDEX token_worker ON token (worker_id);",

    "ALTER TABLE assignment ADD COLUMN spec TEXT;", /* the file itself; NULL: of before version 2 */

    "ALTER TABLE offering ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC';",
    "UPDATE offering SET zone = printf('Etc/GMT%+d', -zone_minutes / 60)" /* west is + there */
    "  WHERE zone_minutes <> 0 AND zone_minutes % 60 = 0 AND zone_minutes BETWEEN -720 AND 840;",
    "ALTER TABLE offering DROP COLUMN zone_minutes;",
    "ALTER TABLE offering ADD COLUMN late_policy TEXT NOT NULL DEFAULT 'none'"
    "  CHECK (late_policy IN ('none', 'per_day', 'grace'));",
    "ALTER TABLE offering ADD COLUMN late_percent INTEGER NOT NULL DEFAULT 0" /* lost a day begun */
    "  CHECK (late_percent BETWEEN 0 AND 100);",
    "ALTER TABLE offering ADD COLUMN grace_days INTEGER NOT NULL DEFAULT 0"
    "  CHECK (grace_days BETWEEN 0 AND 365);",
    "ALTER TABLE offering ADD COLUMN interval_s INTEGER NOT NULL DEFAULT 0;", /* between two */
    "ALTER TABLE offering ADD COLUMN pick TEXT NOT NULL DEFAULT 'best'"
    "  CHECK (pick IN ('best', 'last'));",
    "ALTER TABLE offering ADD COLUMN split INTEGER" /* of 100, for correctness; NULL: as the spec */
    "  CHECK (split BETWEEN 0 AND 100);",
    "ALTER TABLE offering ADD COLUMN weight INTEGER NOT NULL DEFAULT 100;", /* hundredths */
    "ALTER TABLE offering ADD COLUMN board TEXT NOT NULL DEFAULT 'cohort'"  /* who sees it */
    "  CHECK (board IN ('ta', 'cohort', 'public'));",
    "ALTER TABLE offering ADD COLUMN board_names TEXT NOT NULL DEFAULT 'alias'"
    "  CHECK (board_names IN ('real', 'alias', 'anonymous'));",

    "CREATE TABLE section_dates (" /* NULL: as the offering */
    "  offering_id INTEGER NOT NULL REFERENCES offering,"
    "  section_id INTEGER NOT NULL REFERENCES section,"
    "  opens_at INTEGER, due_at INTEGER, closes_at INTEGER,"
    "  PRIMARY KEY (offering_id, section_id)) STRICT, WITHOUT ROWID;",

    "CREATE TABLE target (" /* full speed points, by machine class; frozen once the offering opens
                             */
    "  offering_id INTEGER NOT NULL REFERENCES offering, class TEXT NOT NULL,"
    "  target REAL NOT NULL CHECK (target > 1), set_at INTEGER NOT NULL,"
    "  PRIMARY KEY (offering_id, class)) STRICT, WITHOUT ROWID;",

    "CREATE TABLE extension (" /* one student's own dates; NULL: as everybody's */
    "  offering_id INTEGER NOT NULL REFERENCES offering,"
    "  membership_id INTEGER NOT NULL REFERENCES membership,"
    "  due_at INTEGER, closes_at INTEGER, attempts INTEGER NOT NULL DEFAULT 0," /* more of them */
    "  reason TEXT NOT NULL, actor TEXT NOT NULL, made_at INTEGER NOT NULL,"
    "  PRIMARY KEY (offering_id, membership_id)) STRICT, WITHOUT ROWID;",

    "CREATE TABLE override (" /* a grade set by hand, or held back */
    "  offering_id INTEGER NOT NULL REFERENCES offering,"
    "  membership_id INTEGER NOT NULL REFERENCES membership,"
    "  grade INTEGER, hold INTEGER NOT NULL DEFAULT 0 CHECK (hold IN (0, 1)),"
    "  reason TEXT NOT NULL, actor TEXT NOT NULL, made_at INTEGER NOT NULL,"
    "  PRIMARY KEY (offering_id, membership_id)) STRICT, WITHOUT ROWID;",

    /* Deadlines held open: for whoever got a 503 within the last hour before one, and for everybody
     * after an outage. Later than the offering's own, or without effect. */
    "CREATE TABLE held_open ("
    "  offering_id INTEGER NOT NULL REFERENCES offering,"
    "  membership_id INTEGER NOT NULL REFERENCES membership,"
    "  due_at INTEGER, closes_at INTEGER, refused_at INTEGER NOT NULL,"
    "  PRIMARY KEY (offering_id, membership_id)) STRICT, WITHOUT ROWID;",
    "CREATE TABLE outage ("
    "  id INTEGER PRIMARY KEY, began_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,"
    "  reason TEXT NOT NULL) STRICT;",
    /* One row. alive_at: the service's heartbeat, from which the next start tells how long it was
     * away. changes: counted up by every command that the running service must look at. */
    "CREATE TABLE service ("
    "  id INTEGER PRIMARY KEY CHECK (id = 1), alive_at INTEGER,"
    "  changes INTEGER NOT NULL DEFAULT 0) STRICT;",
    "INSERT INTO service (id) VALUES (1);",

    "ALTER TABLE submission ADD COLUMN commit_name TEXT;", /* of a git push */
    "ALTER TABLE submission ADD COLUMN review TEXT;",      /* why a TA must look; NULL: need not */
    "ALTER TABLE submission ADD COLUMN hold INTEGER NOT NULL DEFAULT 0 CHECK (hold IN (0, 1));",
    "CREATE INDEX submission_offering ON submission (offering_id, membership_id);",
    "CREATE INDEX submission_source ON submission (source_hash);",

    /* submission.generation is the grading that counts; a regrade becomes that when it is final. */
    "ALTER TABLE grading ADD COLUMN spec_hash TEXT;", /* measured under; NULL: the submission's */
    "ALTER TABLE grading ADD COLUMN key BLOB CHECK (length(key) = 32);", /* NULL: the submission's
                                                                          */
    "ALTER TABLE grading ADD COLUMN class TEXT;",                        /* of the machine */
    "ALTER TABLE grading ADD COLUMN worker TEXT;",
    "ALTER TABLE grading ADD COLUMN actor TEXT;", /* who asked for a regrade */

    "CREATE TABLE job_2 (" /* the queue: a row goes when its work is written */
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, submission_id INTEGER NOT NULL REFERENCES submission,"
    "  generation INTEGER NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('check', 'time')),"
    "  lane TEXT NOT NULL DEFAULT 'live' CHECK (lane IN ('live', 'regrade', 'practice')),"
    "  capability TEXT NOT NULL DEFAULT 'cpu',"
    "  tries INTEGER NOT NULL DEFAULT 0, deaths INTEGER NOT NULL DEFAULT 0,"
    "  queued_at INTEGER NOT NULL, UNIQUE (submission_id, generation, kind)) STRICT;",
    "INSERT INTO job_2 (id, submission_id, generation, kind, lane, tries, deaths, queued_at)"
    "  SELECT j.id, j.submission_id, j.generation, j.kind,"
    "    CASE s.practice WHEN 1 THEN 'practice' ELSE 'live' END, j.tries, j.deaths, j.queued_at"
    "  FROM job j JOIN submission s ON s.id = j.submission_id;",
    "DELETE FROM sqlite_sequence WHERE name = 'job_2';", /* numbers of jobs never come back */
    "INSERT INTO sqlite_sequence (name, seq)"
    "  SELECT 'job_2', seq FROM sqlite_sequence WHERE name = 'job';",
    "DROP TABLE job;", "ALTER TABLE job_2 RENAME TO job;",
    "CREATE TABLE lease (" /* who works on a job, and until when it is believed to */
    "  job_id INTEGER PRIMARY KEY REFERENCES job ON DELETE CASCADE,"
    "  worker_id INTEGER REFERENCES worker," /* NULL: a local one */
    "  worker TEXT NOT NULL, taken_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT;",

    "CREATE TABLE similar (" /* the newest comparison of an offering's sources, pair by pair */
    "  offering_id INTEGER NOT NULL REFERENCES offering,"
    "  one_id INTEGER NOT NULL REFERENCES submission, other_id INTEGER NOT NULL REFERENCES "
    "submission,"
    "  one_share INTEGER NOT NULL, other_share INTEGER NOT NULL," /* percent found in the other */
    "  made_at INTEGER NOT NULL, PRIMARY KEY (offering_id, one_id, other_id)) STRICT, WITHOUT "
    "ROWID;",
    "CREATE INDEX audit_done ON audit (done_at);", NULL};

/* Every job has its lane, a timing may be repeated alone, and a comparison keeps what it found. */
static const char *const version_3[] = {
    "UPDATE job SET lane = 'regrade' WHERE generation > 1;",
    "UPDATE job SET lane = 'practice' WHERE submission_id IN"
    "  (SELECT id FROM submission WHERE practice = 1);",
    /* A timing alone: it comes to count by itself if it is quieter than the one that counts. */
    "ALTER TABLE grading ADD COLUMN retime INTEGER NOT NULL DEFAULT 0 CHECK (retime IN (0, 1));",
    "CREATE TABLE similar_run (" /* lines that two sources share, for showing them side by side */
    "  offering_id INTEGER NOT NULL, one_id INTEGER NOT NULL, other_id INTEGER NOT NULL,"
    "  one_from INTEGER NOT NULL, one_to INTEGER NOT NULL, other_from INTEGER NOT NULL,"
    "  other_to INTEGER NOT NULL, tokens INTEGER NOT NULL,"
    "  PRIMARY KEY (offering_id, one_id, other_id, one_from, other_from),"
    "  FOREIGN KEY (offering_id, one_id, other_id) REFERENCES similar ON DELETE CASCADE"
    ") STRICT, WITHOUT ROWID;",

    /* Random, known to nobody: the name on boards of whoever has chosen none comes from it. */
    "ALTER TABLE membership ADD COLUMN mask INTEGER NOT NULL DEFAULT 0;",
    "UPDATE membership SET mask = random();",
    "CREATE TRIGGER membership_mask AFTER INSERT ON membership BEGIN"
    "  UPDATE membership SET mask = random() WHERE id = new.id; END;",
    NULL};

/* A grading keeps the rules that made its points, so that a report says for ever what it said.
 * Those of before: the rules of today, which is what their reports have shown until now. */
static const char *const version_4[] = {
    "ALTER TABLE grading ADD COLUMN split INTEGER" /* as offering.split; -1: as the spec; NULL: not
                                                    */
    "  CHECK (split BETWEEN -1 AND 100);",         /* graded yet */
    "ALTER TABLE grading ADD COLUMN target REAL;", /* of its class; 0: none; NULL: unknown */
    "UPDATE grading SET split = coalesce((SELECT o.split FROM submission s JOIN offering o"
    "  ON o.id = s.offering_id WHERE s.id = submission_id), -1), target = (SELECT t.target"
    "  FROM submission s JOIN target t ON t.offering_id = s.offering_id"
    "  WHERE s.id = grading.submission_id AND t.class = grading.class)"
    "  WHERE finished_at IS NOT NULL;",
    NULL};

const char *const *const store_migrations[] = {version_1, version_2, version_3, version_4};
const int store_version = COUNT(store_migrations);
