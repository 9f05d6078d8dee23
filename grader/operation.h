/* What people may do to a course: one table, of which the subcommands of `grader` and the addresses
 * under /api/v1/ are two views. A row says who may, with which arguments, and what runs.
 *
 * Life of a call: 1. operation_begin with a table row  2. operation_set for each argument, as the
 * text that came  3. operation_check: needed ones are there, each within its bounds  4. inside a
 * transaction: run  5. commit, or roll back when it failed or when an operation that touches
 * several people was not confirmed (`yes`): what it would do is then in the answer.  6.
 * operation_over  7. operation_end. */
#ifndef GRADER_OPERATION_H
#define GRADER_OPERATION_H

#include "grader/reply.h"
#include "grader/store.h"
#include "grader/versions.h"

#define OPERATION_ARGUMENTS_MAX 24
#define OPERATION_FILE_MAX ((size_t)8 << 20) /* a roster, a gradebook */

enum argument_kind {
    ARG_TEXT,   /* one line of at most max bytes */
    ARG_NAME,   /* [a-z][a-z0-9_-]{1,31} */
    ARG_LOGIN,  /* [a-z0-9][a-z0-9_-]{0,31} */
    ARG_NUMBER, /* whole, between min and max */
    ARG_POINTS, /* 80 or 80.25, kept as hundredths, between min and max */
    ARG_FLAG,
    ARG_WORD, /* one of `words` */
    ARG_FILE, /* the bytes of a file; a path on the command line, a text in JSON */
};

struct argument {
    const char *name;
    enum argument_kind kind;
    bool needed;
    bool placed; /* a word without a name on the command line, in this order */
    int64_t min, max;
    const char *const *words;
    const char *help;
};

enum effect {
    EFFECT_READ,
    EFFECT_WRITE, /* one person or thing */
    EFFECT_MANY,  /* shows what it would do, and does it with --yes */
};

struct operation_call;

struct operation {
    const char *command;          /* "roster import" */
    const char *method, *pattern; /* of the API; NULL: by command only */
    enum role role;
    enum effect effect;
    const char *help;
    struct err (*run)(struct operation_call *call);
    struct argument arguments[OPERATION_ARGUMENTS_MAX]; /* end with a NULL name */
};

struct operation_call {
    const struct operation *operation;
    struct db *db;                /* in a transaction that the caller ends */
    const struct membership *who; /* NULL: on this machine, with the database in hand: an admin */
    const char *actor;            /* login, or "command:USER" */
    const struct spec *specs;     /* what is installed */
    size_t specs_count;
    struct versions *versions;
    const char *home, *overlay, *database_path; /* overlay: "" for none */
    const char *git_path;                       /* folder of the students' repositories */
    int64_t now_at;
    bool yes;
    int http_code; /* of a refusal; 0: 422 */
    struct reply reply;
    /* Set by run for what no transaction takes back: see operation_over. */
    struct err (*over)(struct operation_call *call, bool is_done);
    struct buf kept;                            /* by run, for over */
    struct buf values[OPERATION_ARGUMENTS_MAX]; /* private */
    bool given[OPERATION_ARGUMENTS_MAX];        /* private */
    int64_t numbers[OPERATION_ARGUMENTS_MAX];   /* private */
};

/* All of them, by command. */
const struct operation *operation_all(size_t *out_count);

/* To be called once what run did is committed, or has been rolled back: does what lies outside of
 * the database, or takes it back. ERR_SYSTEM: some of that is left to people. */
struct err operation_over(struct operation_call *call, bool is_done);

/* By command: "roster", "import"; or a command of one word, with `second` any. NULL: none. */
const struct operation *operation_find(const char *first, const char *second);
const struct operation *operation_by_route(const char *method, const char *pattern);

/* Begins a call with no argument given yet; ends it and releases what it holds. */
void operation_begin(struct operation_call *call, const struct operation *operation);
void operation_end(struct operation_call *call);

/* Index of an argument by name, -1: none. */
int operation_argument(const struct operation *operation, const char *name);
/* Takes a copy of what came. ERR_LIMIT past what any argument may have. */
struct err operation_set(struct operation_call *call, int argument, const char *text, size_t size);
/* ERR_INPUT "--attempts: 0 to 1000, not 'many'". */
struct err operation_check(struct operation_call *call);

/* -- for those who run: arguments that are there (asserted to be in the row) ------------------- */
bool call_has(const struct operation_call *call, const char *name);
const char *call_text(const struct operation_call *call, const char *name); /* "": absent */
const struct buf *call_file(const struct operation_call *call, const char *name);
bool call_flag(const struct operation_call *call, const char *name);
int64_t call_number(const struct operation_call *call, const char *name, int64_t absent);
/* Of ARG_WORD: index of the word. */
int call_word(const struct operation_call *call, const char *name, int absent);

/* A refusal: call->http_code becomes `http_code`. */
struct err call_refuse(struct operation_call *call, int http_code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The cohort, offering and person that the arguments "cohort", "assignment" and "login" name, or a
 * refusal with the nearest name. A TA's token reaches its own cohort alone. */
struct err call_cohort(struct operation_call *call, struct cohort_row *out);
struct err call_offering(struct operation_call *call, const struct cohort_row *cohort,
                         struct offering *out);
struct err call_person(struct operation_call *call, const struct cohort_row *cohort,
                       struct person_row *out);
/* The submission of the argument "id"; 404 for one of another cohort. */
struct err call_submission(struct operation_call *call, struct submission_row *out);

/* Notes a privileged act. */
struct err call_audit(struct operation_call *call, const char *object, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sees the whole table, whatever the table of another cohort. */
bool call_is_admin(const struct operation_call *call);

#endif
