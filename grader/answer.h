/* What an operation has to say, once, for both of its readers: a table, sentences and perhaps a
 * file. grader/command_operation.c prints it, grader/api_operation.c sends it as JSON. Pure. */
#ifndef GRADER_ANSWER_H
#define GRADER_ANSWER_H

#include "sandbox/base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum answer_kind {
    ANSWER_TEXT,
    ANSWER_INTEGER,
    ANSWER_HUNDREDTHS, /* 80.5 */
};

/* Name of a column and key of its values in JSON. Ends with a NULL name. */
struct answer_column {
    const char *name;
    enum answer_kind kind;
};

#define ANSWER_BYTES_MAX ((size_t)32 << 20)

struct answer {
    const struct answer_column *columns; /* static; NULL: no table */
    int columns_count;
    struct buf cells; /* row by row, each ends with a zero byte; empty: absent */
    int64_t cells_count;
    struct buf notes; /* sentences, one a line */
    struct buf file;
    const char *file_type; /* "text/csv; charset=utf-8"; NULL: no file */
    char file_name[96];
    bool secret;   /* the file holds tokens: written once, for nobody else to read */
    int exit_code; /* of the command, once done; 0 */
};

void answer_init(struct answer *answer);
void answer_release(struct answer *answer);

/* Begins the table. Cells follow in the order of the columns. */
void answer_table(struct answer *answer, const struct answer_column *columns);
void answer_text(struct answer *answer, const char *text);
void answer_number(struct answer *answer, int64_t value); /* integer or hundredths, by its column */
void answer_none(struct answer *answer);
/* A moment on the wall clock of a zone; absent for 0. */
void answer_moment(struct answer *answer, const char *zone, int64_t at);

/* One more sentence. */
void answer_note(struct answer *answer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The table with its columns under each other, the notes behind it. */
void answer_print(const struct answer *answer, struct buf *out);
/* {"done": …, "rows": [{…}], "notes": […], "file": {"name", "text"}}, what there is. */
void answer_json(const struct answer *answer, bool done, struct buf *out);

#endif
