/* Every operation on a course: one row each. */
#include "grader/operations.h"
#include "sandbox/base/err.h"

#define COHORT                                                                                     \
    {                                                                                              \
        "cohort", ARG_NAME, .needed = true, .placed = true, .help = "name of the cohort"           \
    }
#define ASSIGNMENT                                                                                 \
    {                                                                                              \
        "assignment", ARG_NAME, .needed = true, .placed = true, .help = "name of the assignment"   \
    }
#define LOGIN                                                                                      \
    {                                                                                              \
        "login", ARG_LOGIN, .needed = true, .placed = true, .help = "login of the person"          \
    }
#define SUBMISSION                                                                                 \
    {                                                                                              \
        "id", ARG_NUMBER, .needed = true, .placed = true, .min = 1, .max = INT64_MAX,              \
                          .help = "number of the submission"                                       \
    }
#define WORKER                                                                                     \
    {                                                                                              \
        "name", ARG_NAME, .needed = true, .placed = true, .help = "name of the worker"             \
    }
#define REASON                                                                                     \
    {                                                                                              \
        "reason", ARG_TEXT, .needed = true, .min = 1, .max = 200,                                  \
                            .help = "why; it goes to the audit"                                    \
    }
#define ZONE                                                                                       \
    {                                                                                              \
        "zone", ARG_TEXT, .max = 47, .help = "time zone, as Asia/Shanghai"                         \
    }
#define TIME(word, words_help)                                                                     \
    {                                                                                              \
        (word), ARG_TEXT, .max = 16, .help = (words_help)                                          \
    }
#define API "/api/v1/"
#define OF_COHORT API "cohorts/{cohort}"

static const char *const roles[] = {"student", "ta", "admin", NULL};

/* clang-format off */
static const struct operation table[] = {
    {"worker list", "GET", API "workers", ROLE_TA, EFFECT_READ, "list workers: class, state, what each holds", op_worker_list, {{0}}},
    {"worker add", "POST", API "workers", ROLE_ADMIN, EFFECT_WRITE, "let a machine in; its key is shown once", op_worker_add, {WORKER}},
    {"worker drain", "POST", API "workers/{name}/drain", ROLE_ADMIN, EFFECT_WRITE, "a worker finishes what it holds and gets no further job", op_worker_drain, {WORKER}},
    {"worker resume", "POST", API "workers/{name}/resume", ROLE_ADMIN, EFFECT_WRITE, "a drained worker gets jobs again", op_worker_resume, {WORKER}},
    {"worker remove", "DELETE", API "workers/{name}", ROLE_ADMIN, EFFECT_WRITE, "take a worker's key back", op_worker_remove, {WORKER}},

    {"cohort create", "POST", API "cohorts", ROLE_ADMIN, EFFECT_WRITE, "make a course run", op_cohort_create,
     {COHORT,
      {"title", ARG_TEXT, .max = 95, .help = "what people call it"},
      ZONE,
      {"grace-days", ARG_NUMBER, .min = 0, .max = 365, .help = "late days of one student over all offerings; without: no such budget"}}},
    {"cohort list", "GET", API "cohorts", ROLE_TA, EFFECT_READ, "list course runs", op_cohort_list, {{0}}},
    {"cohort close", "POST", OF_COHORT "/close", ROLE_ADMIN, EFFECT_MANY, "end a course run: its tokens submit no more", op_cohort_close,
     {COHORT, {"reopen", ARG_FLAG, .help = "open it again"}}},

    {"roster import", "POST", OF_COHORT "/roster", ROLE_TA, EFFECT_MANY, "import students from CSV; shows the changes before making them", op_roster_import,
     {COHORT,
      {"file", ARG_FILE, .needed = true, .placed = true, .help = "CSV with the columns login, name and perhaps email, section, student_id, alias"},
      {"tokens", ARG_FLAG, .help = "make a token for each who has none; they come out as a CSV, once; who loses it: token renew"}}},

    {"user list", "GET", OF_COHORT "/people", ROLE_TA, EFFECT_READ, "list people", op_user_list, {COHORT}},
    {"user add", "POST", OF_COHORT "/people", ROLE_ADMIN, EFFECT_WRITE, "add one person, or change role and names", op_user_add,
     {COHORT, LOGIN,
      {"name", ARG_TEXT, .max = 95, .help = "full name"},
      {"role", ARG_WORD, .words = roles, .help = "ta: of this cohort; admin: of the whole service, every cohort"},
      {"email", ARG_TEXT, .max = 95, .help = "address of mail"},
      {"section", ARG_TEXT, .max = 32, .help = "part of the cohort"},
      {"student_id", ARG_TEXT, .max = 32, .help = "the school's number"},
      {"alias", ARG_TEXT, .max = 32, .help = "name on leaderboards"}}},
    {"user show", "GET", OF_COHORT "/people/{login}", ROLE_TA, EFFECT_READ, "one person's submissions, grades, extensions and held deadlines", op_user_show,
     {COHORT, LOGIN, {"limit", ARG_NUMBER, .min = 1, .max = 100000, .help = "how many submissions; 200"}}},
    {"user erase", "DELETE", API "users/{login}", ROLE_ADMIN, EFFECT_MANY, "erase one person's data on request", op_user_erase, {LOGIN, REASON}},

    {"token list", "GET", OF_COHORT "/tokens", ROLE_TA, EFFECT_READ, "list tokens: whose, for what, last use", op_token_list, {COHORT}},
    {"token make", "POST", OF_COHORT "/tokens", ROLE_TA, EFFECT_WRITE, "make a token; it is shown once", op_token_make,
     {COHORT, {"login", ARG_LOGIN, .placed = true, .help = "whose; without: --hook"},
      {"hook", ARG_FLAG, .help = "the key of a git server, which may submit for students of the cohort"},
      {"label", ARG_TEXT, .max = 63, .help = "what it is for"},
      {"days", ARG_NUMBER, .min = 1, .max = 3650, .help = "it works so long; without: until revoked"}}},
    {"token revoke", "DELETE", OF_COHORT "/tokens/{id}", ROLE_TA, EFFECT_WRITE, "revoke a token", op_token_revoke,
     {COHORT, {"id", ARG_NUMBER, .needed = true, .placed = true, .min = 1, .max = INT64_MAX, .help = "number of the token, from token list"}}},
    {"token renew", "POST", OF_COHORT "/people/{login}/renew", ROLE_TA, EFFECT_WRITE, "revoke all tokens of a person and make a new one", op_token_renew,
     {COHORT, LOGIN, {"label", ARG_TEXT, .max = 63, .help = "what it is for"}}},

    {"offer", "PUT", OF_COHORT "/offerings/{assignment}", ROLE_TA, EFFECT_MANY, "open an assignment to a cohort: dates, lateness, attempts", op_offer,
     {COHORT, ASSIGNMENT,
      TIME("opens", "2026-11-01 08:00; without: at once"),
      TIME("due", "2026-11-29 23:59, its last second included; none: no deadline"),
      TIME("closes", "when late submissions end; without: when due, if nothing late counts"),
      ZONE,
      {"section", ARG_TEXT, .max = 32, .help = "the dates that are given are those of this section alone; none: as everybody's"},
      {"late", ARG_WORD, .words = late_policy_words, .help = "none: nothing late counts; per_day: --late-percent less for each day begun; grace: --grace-days free, then that"},
      {"late-percent", ARG_NUMBER, .min = 0, .max = 100, .help = "lost for each day begun"},
      {"grace-days", ARG_NUMBER, .min = 0, .max = 365, .help = "free late days of each student"},
      {"attempts", ARG_NUMBER, .min = 0, .max = 100000, .help = "graded submissions of each student; 0: no limit"},
      {"interval", ARG_NUMBER, .min = 0, .max = 86400, .help = "seconds between two submissions of a student"},
      {"pick", ARG_WORD, .words = pick_words, .help = "which submission counts: best or last"},
      {"split", ARG_NUMBER, .min = 0, .max = 100, .help = "points of 100 for correctness, the rest for speed; without: as the assignment says"},
      {"weight", ARG_POINTS, .min = 0, .max = 100000, .help = "in the cohort's total; 1 is usual"},
      {"board", ARG_WORD, .words = board_sight_words, .help = "who sees the leaderboard"},
      {"board-names", ARG_WORD, .words = board_names_words, .help = "how people are called there"},
      {"supersede", ARG_WORD, .words = (const char *const[]){"off", "on", NULL}, .help = "a newer submission takes the place of a waiting one"},
      {"target", ARG_TEXT, .max = 63, .help = "full speed points of a machine class: cpu:x86-64-v4=16; until the offering opens"}}},
    {"offerings", "GET", OF_COHORT "/offerings", ROLE_TA, EFFECT_READ, "list what a cohort is offered", op_offer_list, {COHORT}},
    {"extend", "PUT", OF_COHORT "/offerings/{assignment}/extensions/{login}", ROLE_TA, EFFECT_WRITE, "give one student more time, with a reason", op_extend,
     {COHORT, ASSIGNMENT, LOGIN,
      TIME("due", "new deadline, in the offering's zone; none: an extension is taken back"),
      {"attempts", ARG_NUMBER, .min = 0, .max = 1000, .help = "more attempts than others have"},
      REASON}},

    {"show", "GET", API "submissions/{id}/history", ROLE_TA, EFFECT_READ, "one submission in full: report, source, history", op_show,
     {SUBMISSION, {"source", ARG_FLAG, .help = "the source as it came"}}},
    {"queue list", "GET", OF_COHORT "/queue", ROLE_TA, EFFECT_READ, "what waits, runs, is parked or needs review", op_queue_list,
     {COHORT,
      {"what", ARG_WORD, .words = queue_what_words, .help = "which of it"},
      {"limit", ARG_NUMBER, .min = 1, .max = 100000, .help = "how many lines; 200"}}},
    {"queue release", "POST", API "submissions/{id}/release", ROLE_TA, EFFECT_WRITE, "run a parked one again, time an untimed one, end a review", op_queue_release, {SUBMISSION}},
    {"queue cancel", "POST", API "submissions/{id}/cancel", ROLE_TA, EFFECT_WRITE, "take a submission out of the queue; it costs no attempt", op_queue_cancel, {SUBMISSION, REASON}},
    {"queue review", "POST", API "submissions/{id}/review", ROLE_TA, EFFECT_WRITE, "mark a submission: no rank until it is released", op_queue_review, {SUBMISSION, REASON}},

    {"regrade", "POST", OF_COHORT "/offerings/{assignment}/regrade", ROLE_TA, EFFECT_MANY, "grade again; shows who gains and loses before it is applied", op_regrade,
     {COHORT, ASSIGNMENT,
      {"which", ARG_WORD, .words = regrade_words, .help = "of each student: the one that counts, the latest, all"},
      {"fresh", ARG_FLAG, .help = "new inputs; without: the same ones"},
      {"points-only", ARG_FLAG, .help = "points again from what was measured, without a run: after a change of points or targets; of all, unless --which"},
      {"apply", ARG_FLAG, .help = "who gains, who loses, by how much; with yes the new ones count"}}},
    {"grade", "PUT", OF_COHORT "/offerings/{assignment}/grades/{login}", ROLE_TA, EFFECT_WRITE, "set or hold one student's grade by hand, with a reason", op_grade,
     {COHORT, ASSIGNMENT, LOGIN,
      {"grade", ARG_POINTS, .min = 0, .max = 100000, .help = "what counts, whatever was measured"},
      {"hold", ARG_FLAG, .help = "do not hand the grade out yet; a grade set by hand stays"},
      {"release", ARG_FLAG, .help = "hand it out"},
      {"clear", ARG_FLAG, .help = "back to what was measured, and handed out"},
      REASON}},
    {"gradebook", "GET", OF_COHORT "/gradebook", ROLE_TA, EFFECT_READ, "export grades; --fill writes into your LMS's own CSV", op_gradebook,
     {COHORT,
      {"fill", ARG_FILE, .help = "a gradebook as Canvas or Moodle exported it; the same file comes back with one column filled"},
      {"assignment", ARG_NAME, .help = "whose grades fill it"},
      {"column", ARG_TEXT, .max = 200, .help = "which column; without: the one that is called like the assignment"}}},
    {"similar list", "GET", OF_COHORT "/offerings/{assignment}/similar", ROLE_TA, EFFECT_READ, "pairs of submissions that look alike, as last compared", op_similar_list,
     {COHORT, ASSIGNMENT,
      {"least", ARG_NUMBER, .min = 0, .max = 100, .help = "share of the larger side, percent; 30"},
      {"limit", ARG_NUMBER, .min = 1, .max = 10000, .help = "how many pairs; 50"}}},
    {"similar pair", "GET", API "submissions/{id}/similar/{other}", ROLE_TA, EFFECT_READ, "what two submissions share, side by side", op_similar_pair,
     {SUBMISSION, {"other", ARG_NUMBER, .needed = true, .placed = true, .min = 1, .max = INT64_MAX, .help = "number of the other one, the larger"}}},
    {"audit", "GET", API "audit", ROLE_ADMIN, EFFECT_READ, "who did what, newest first", op_audit,
     {{"limit", ARG_NUMBER, .min = 1, .max = 10000, .help = "how many; 50"}}},
};
/* clang-format on */

const struct operation *operation_all(size_t *out_count)
{
    *out_count = COUNT(table);
    return table;
}
