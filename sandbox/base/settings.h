/* Settings from one table: each row holds the name, the bounds, the default, the unit and the help
 * of one field of the caller's struct; parsing, printing and the sample file come from the row.
 *
 * Sources in rising order: default, file (key = value), environment (PREFIX_HTTP_PORT), flags
 * (--http.port=8081). Where a value came from is kept and printed. A value outside its bounds or an
 * unknown name is refused with its place and the nearest name; nothing is clamped in silence.
 * Pure, except settings_load, which reads the file.
 *
 * Life: 1. settings_init  2. settings_load, or the single sources in order  3. read the struct. */
#ifndef SANDBOX_BASE_SETTINGS_H
#define SANDBOX_BASE_SETTINGS_H

#include "sandbox/base/buf.h"
#include "sandbox/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTINGS_MAX 96                   /* rows of one table */
#define SETTINGS_FILE_MAX ((size_t)65536) /* bytes of a settings file */
#define SETTINGS_LINE_MAX 1024            /* bytes of one line */

enum setting_kind {
    SETTING_NUMBER, /* int64_t */
    SETTING_FLAG,   /* bool; 0 and 1, or no, yes, off, on, false, true */
    SETTING_TEXT,   /* char[]; printable UTF-8 in one line */
};

struct setting {
    const char *name; /* "http.port": lower case, digits, dots and underscores */
    enum setting_kind kind;
    size_t offset;            /* of the field in the struct */
    size_t size;              /* of the field in bytes */
    const char *unit;         /* "ms", "bytes", "port", "" */
    int64_t min, preset, max; /* number; of a flag only preset; of a text not used */
    const char *preset_text;  /* of a text, NULL is "" */
    const char *help;         /* one line */
};

/* The second to fourth column of a row, by kind: {"http.port", SETTING_NUMBER_AT(struct x, port),
 * "port", 0, 8080, 65535, NULL, "where to listen"} */
#define SETTING_NUMBER_AT(type, field) SETTING_NUMBER, SETTING_FIELD(type, field)
#define SETTING_FLAG_AT(type, field) SETTING_FLAG, SETTING_FIELD(type, field)
#define SETTING_TEXT_AT(type, field) SETTING_TEXT, SETTING_FIELD(type, field)
#define SETTING_FIELD(type, field) offsetof(type, field), sizeof(((type *)0)->field)

enum setting_source { SETTING_DEFAULT, SETTING_FILE, SETTING_ENVIRONMENT, SETTING_COMMAND_LINE };

struct settings {
    const struct setting *rows; /* borrowed */
    size_t count;
    void *values;       /* borrowed: the caller's struct */
    const char *prefix; /* of environment names: "GRADER_"; borrowed */
    /* private */
    struct {
        enum setting_source source;
        int line; /* in the file */
    } origins[SETTINGS_MAX];
    char file[256]; /* label of the last file read */
};

/* Checks the table itself and sets every field to its default. ERR_INTERNAL: a broken row. */
struct err settings_init(struct settings *settings, const struct setting *rows, size_t count,
                         void *values, const char *prefix);

/* Everything in order. path NULL: no file. `required` false: a file that does not exist is fine.
 * environment: as `environ`. argc and argv as settings_flags. */
struct err settings_load(struct settings *settings, const char *path, bool required,
                         const char *const *environment, int *argc, char **argv);

/* The text of a file: `key = value` lines, # begins a comment at the start of a line or after a
 * blank. A key given twice is refused. `label` stands for the file in errors. */
struct err settings_parse(struct settings *settings, const char *text, size_t size,
                          const char *label);

/* Variables that begin with the prefix. A name that is no setting but nearly one is refused; others
 * with the prefix belong to somebody else (container platforms set such) and are passed over. */
struct err settings_environment(struct settings *settings, const char *const *environment);

/* Takes `--name=value` (and `--name` of a flag) out of argv; all other words stay, in order.
 * A word with a dot in its name that is no setting is refused. Stops at a word "--". */
struct err settings_flags(struct settings *settings, int *argc, char **argv);

/* One value by name. `where` begins the error's text, "" for nothing. */
struct err settings_set(struct settings *settings, const char *name, const char *value,
                        enum setting_source source, const char *where);

/* A table of everything with value, unit, bounds and origin. */
void settings_print(struct buf *out, const struct settings *settings);

/* A file with every setting commented out at its default: the documentation of the format. */
void settings_sample(struct buf *out, const struct settings *settings);

/* Where the value of a row came from: "default", "file grader.conf:12", "environment", "flag". */
void settings_origin(const struct settings *settings, size_t row, char *out, size_t size);

#endif
