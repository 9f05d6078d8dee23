/* What an operation has to say, once, for both of its readers: a table, sentences and perhaps a
 * file. grader/command_operation.c prints it, grader/api_operation.c sends it as JSON. Pure. */
#ifndef GRADER_REPLY_H
#define GRADER_REPLY_H

#include "sandbox/base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum reply_kind {
    REPLY_TEXT,
    REPLY_INTEGER,
    REPLY_HUNDREDTHS, /* 80.5 */
};

/* Name of a column and key of its values in JSON. Ends with a NULL name. */
struct reply_column {
    const char *name;
    enum reply_kind kind;
};

#define REPLY_BYTES_MAX ((size_t)32 << 20)

struct reply {
    const struct reply_column *columns; /* static; NULL: no table */
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

/* Empty: no table, no note, no file; and gives back what it has come to hold. */
void reply_init(struct reply *reply);
void reply_release(struct reply *reply);

/* Begins the table. Cells follow in the order of the columns. */
void reply_table(struct reply *reply, const struct reply_column *columns);
void reply_text(struct reply *reply, const char *text);
void reply_number(struct reply *reply, int64_t value); /* integer or hundredths, by its column */
void reply_none(struct reply *reply);
/* A moment on the wall clock of a zone; absent for 0. */
void reply_moment(struct reply *reply, const char *zone, int64_t at);

/* One more sentence. */
void reply_note(struct reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The table with its columns under each other, the notes behind it. */
void reply_print(const struct reply *reply, struct buf *out);
/* {"done": …, "rows": [{…}], "notes": […], "file": {"name", "text"}}, what there is. */
void reply_json(const struct reply *reply, bool done, struct buf *out);

#endif
