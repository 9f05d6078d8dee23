/* The table-driven settings: one way to set a value, four places that values come from. */
#include "sandbox/base/settings.h"

#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_BYTES 64
#define PLACE_MAX 96 /* "FILE:LINE: " in an error */

static struct err check_row(const struct setting *row);
static void set_default(const struct settings *settings, const struct setting *row);
static struct err parse_line(struct settings *settings, char *line, int number, const char *place);
static void cut_comment(char *line);
static char *trim(char *text);
static bool environment_name(const char *variable, size_t length, char *out, size_t size);
static struct err set_row(struct settings *settings, size_t row, const char *value,
                          const char *where);
static struct err set_number(const struct setting *row, int64_t *field, const char *value,
                             const char *where);
static struct err set_flag(const struct setting *row, bool *field, const char *value,
                           const char *where);
static struct err set_text(const struct setting *row, char *field, const char *value,
                           const char *where);
static struct err unknown(const struct settings *settings, const char *name, const char *where);
static const char *nearest(const struct settings *settings, const char *name);
static bool find(const struct settings *settings, const char *name, size_t *out_row);
static void *field_of(const struct settings *settings, const struct setting *row);
static void value_text(const struct settings *settings, const struct setting *row, char *out,
                       size_t size);
static void bounds_text(const struct setting *row, char *out, size_t size);

static const struct {
    const char *word;
    bool value;
} flag_words[] = {
    {"0", false}, {"no", false}, {"off", false}, {"false", false},
    {"1", true},  {"yes", true}, {"on", true},   {"true", true},
};

struct err settings_init(struct settings *settings, const struct setting *rows, size_t count,
                         void *values, const char *prefix)
{
    *settings = (struct settings){.rows = rows, .count = count, .values = values, .prefix = prefix};
    if (count > SETTINGS_MAX)
        return err_make(ERR_INTERNAL, "%zu settings, room for %d", count, SETTINGS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct err err = check_row(&rows[i]);
        if (err_is(err))
            return err;
        for (size_t before = 0; before < i; before++)
            if (strcmp(rows[before].name, rows[i].name) == 0)
                return err_make(ERR_INTERNAL, "setting '%s' is there twice", rows[i].name);
        set_default(settings, &rows[i]);
    }
    return err_none();
}

static struct err check_row(const struct setting *row)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._";
    size_t length = strlen(row->name);
    if (length == 0 || length >= NAME_MAX_BYTES || strspn(row->name, allowed) != length)
        return err_make(ERR_INTERNAL, "'%.64s' is no name for a setting", row->name);

    bool fits = true;
    switch (row->kind) {
    case SETTING_NUMBER:
        fits = row->size == sizeof(int64_t) && row->min <= row->preset && row->preset <= row->max;
        break;
    case SETTING_FLAG:
        fits = row->size == sizeof(bool) && (row->preset == 0 || row->preset == 1);
        break;
    case SETTING_TEXT:
        fits = row->size > (row->preset_text == NULL ? 0 : strlen(row->preset_text));
        break;
    }
    return fits ? err_none()
                : err_make(ERR_INTERNAL, "setting '%s': field or default do not fit", row->name);
}

static void set_default(const struct settings *settings, const struct setting *row)
{
    switch (row->kind) {
    case SETTING_NUMBER: *(int64_t *)field_of(settings, row) = row->preset; break;
    case SETTING_FLAG: *(bool *)field_of(settings, row) = row->preset != 0; break;
    case SETTING_TEXT:
        (void)text_copy(field_of(settings, row), row->size,
                        row->preset_text == NULL ? "" : row->preset_text); /* checked: fits */
        break;
    }
}

struct err settings_load(struct settings *settings, const char *path, bool required,
                         const char *const *environment, int *argc, char **argv)
{
    struct err err = err_none();
    if (path != NULL && (required || access(path, F_OK) == 0)) {
        auto_buf struct buf text = buf_of(SETTINGS_FILE_MAX);
        err = fdio_read_file(path, &text);
        if (!err_is(err))
            err = settings_parse(settings, text.at, text.size, path);
    }
    if (!err_is(err))
        err = settings_environment(settings, environment);
    if (!err_is(err))
        err = settings_flags(settings, argc, argv);
    return err;
}

struct err settings_parse(struct settings *settings, const char *text, size_t size,
                          const char *label)
{
    (void)text_copy(settings->file, sizeof settings->file, label); /* a cut label still helps */
    if (size > SETTINGS_FILE_MAX)
        return err_make(ERR_LIMIT, "%.60s: larger than %zu bytes", label, SETTINGS_FILE_MAX);
    for (size_t i = 0; i < settings->count; i++)
        settings->origins[i].line = 0;

    int number = 1;
    for (size_t at = 0; at < size; number++) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end == NULL ? size - at : (size_t)(end - text) - at;
        char place[PLACE_MAX];
        (void)snprintf(place, sizeof place, "%.72s:%d: ", label, number); /* fits */
        if (length >= SETTINGS_LINE_MAX)
            return err_make(ERR_LIMIT, "%sline longer than %d bytes", place, SETTINGS_LINE_MAX - 1);
        if (memchr(text + at, 0, length) != NULL || text_utf8_bad(text + at, length) != length)
            return err_make(ERR_INPUT, "%sthis line is no UTF-8 text", place);

        char line[SETTINGS_LINE_MAX];
        memcpy(line, text + at, length);
        line[length] = 0;
        struct err err = parse_line(settings, line, number, place);
        if (err_is(err))
            return err;
        at += length + 1;
    }
    return err_none();
}

static struct err parse_line(struct settings *settings, char *line, int number, const char *place)
{
    cut_comment(line);
    char *key = trim(line);
    if (*key == 0)
        return err_none();
    char *equals = strchr(key, '=');
    if (equals == NULL)
        return err_make(ERR_INPUT, "%sexpected 'name = value', found '%.32s'", place, key);
    *equals = 0;
    key = trim(key);

    size_t row;
    if (!find(settings, key, &row))
        return unknown(settings, key, place);
    if (settings->origins[row].line != 0)
        return err_make(ERR_INPUT, "%s'%s' was set in line %d already", place, key,
                        settings->origins[row].line);
    struct err err = settings_set(settings, key, trim(equals + 1), SETTING_FILE, place);
    if (!err_is(err))
        settings->origins[row].line = number;
    return err;
}

static void cut_comment(char *line)
{
    for (char *at = line; *at != 0; at++) {
        if (*at == '#' && (at == line || at[-1] == ' ' || at[-1] == '\t')) {
            *at = 0;
            return;
        }
    }
}

/* Blanks off both ends; a carriage return counts, for files from other systems. */
static char *trim(char *text)
{
    static const char blank[] = " \t\r";
    text += strspn(text, blank);
    size_t length = strlen(text);
    while (length > 0 && strchr(blank, text[length - 1]) != NULL)
        length--;
    text[length] = 0;
    return text;
}

struct err settings_environment(struct settings *settings, const char *const *environment)
{
    size_t skip = strlen(settings->prefix);
    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
        const char *variable = environment[i];
        const char *equals = strchr(variable, '=');
        if (strncmp(variable, settings->prefix, skip) != 0 || equals == NULL)
            continue;

        char name[NAME_MAX_BYTES];
        if (!environment_name(variable + skip, (size_t)(equals - variable) - skip, name,
                              sizeof name))
            continue;
        char where[PLACE_MAX];
        (void)snprintf(where, sizeof where, "%.*s: ", (int)(equals - variable), variable);

        /* An underscore stands for a dot or for itself; only the table knows which. */
        bool found = false;
        for (size_t row = 0; row < settings->count && !found; row++) {
            char plain[NAME_MAX_BYTES];
            (void)environment_name(settings->rows[row].name, strlen(settings->rows[row].name),
                                   plain, sizeof plain); /* checked: fits */
            found = strcmp(plain, name) == 0;
            if (!found)
                continue;
            struct err err = settings_set(settings, settings->rows[row].name, equals + 1,
                                          SETTING_ENVIRONMENT, where);
            if (err_is(err))
                return err;
        }
        if (!found && nearest(settings, name) != NULL)
            return unknown(settings, name, where);
    }
    return err_none();
}

/* HTTP_PORT and http.port both become http_port. */
static bool environment_name(const char *variable, size_t length, char *out, size_t size)
{
    if (length == 0 || length >= size)
        return false;
    for (size_t i = 0; i < length; i++)
        out[i] = variable[i] == '.' ? '_' : (char)tolower((unsigned char)variable[i]);
    out[length] = 0;
    return true;
}

struct err settings_flags(struct settings *settings, int *argc, char **argv)
{
    int kept = 0;
    int at = 0;
    struct err err = err_none();
    for (; at < *argc && !err_is(err); at++) {
        char *word = argv[at];
        if (strcmp(word, "--") == 0)
            break;
        size_t length = strcspn(word, "=");
        char name[NAME_MAX_BYTES];
        size_t row;
        if (strncmp(word, "--", 2) != 0 || length - 2 >= sizeof name) {
            argv[kept++] = word;
            continue;
        }
        memcpy(name, word + 2, length - 2);
        name[length - 2] = 0;

        if (!find(settings, name, &row)) {
            if (strchr(name, '.') != NULL)
                err = unknown(settings, name, "");
            argv[kept++] = word;
        } else if (word[length] == '=') {
            err = settings_set(settings, name, word + length + 1, SETTING_COMMAND_LINE, "");
        } else if (settings->rows[row].kind == SETTING_FLAG) {
            err = settings_set(settings, name, "1", SETTING_COMMAND_LINE, "");
        } else {
            err = err_make(ERR_INPUT, "--%s wants a value: --%s=VALUE", name, name);
        }
    }
    while (at < *argc)
        argv[kept++] = argv[at++];
    if (kept < *argc)
        argv[kept] = NULL;
    *argc = kept;
    return err;
}

struct err settings_set(struct settings *settings, const char *name, const char *value,
                        enum setting_source source, const char *where)
{
    size_t row;
    if (!find(settings, name, &row))
        return unknown(settings, name, where);
    struct err err = set_row(settings, row, value, where);
    if (err_is(err))
        return err;
    settings->origins[row].source = source;
    return err_none();
}

static struct err set_row(struct settings *settings, size_t row, const char *value,
                          const char *where)
{
    const struct setting *setting = &settings->rows[row];
    void *field = field_of(settings, setting);
    switch (setting->kind) {
    case SETTING_NUMBER: return set_number(setting, field, value, where);
    case SETTING_FLAG: return set_flag(setting, field, value, where);
    case SETTING_TEXT: return set_text(setting, field, value, where);
    }
    return err_make(ERR_INTERNAL, "setting '%s' has no kind", setting->name);
}

static struct err set_number(const struct setting *row, int64_t *field, const char *value,
                             const char *where)
{
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    bool plain = *value == '-' || isdigit((unsigned char)*value);
    if (!plain || *end != 0 || errno != 0 || number < row->min || number > row->max)
        return err_make(ERR_INPUT,
                        "%s%s wants a whole number from %" PRId64 " to %" PRId64
                        " (%s), not '%.24s'",
                        where, row->name, row->min, row->max, row->unit, value);
    *field = number;
    return err_none();
}

static struct err set_flag(const struct setting *row, bool *field, const char *value,
                           const char *where)
{
    for (size_t i = 0; i < COUNT(flag_words); i++) {
        if (strcmp(value, flag_words[i].word) == 0) {
            *field = flag_words[i].value;
            return err_none();
        }
    }
    return err_make(ERR_INPUT, "%s%s wants 0 or 1, not '%.24s'", where, row->name, value);
}

static struct err set_text(const struct setting *row, char *field, const char *value,
                           const char *where)
{
    size_t length = strlen(value);
    if (length >= row->size)
        return err_make(ERR_INPUT, "%s%s is longer than %zu bytes", where, row->name,
                        row->size - 1);
    bool printable = text_utf8_bad(value, length) == length;
    for (size_t i = 0; i < length; i++)
        printable = printable && (unsigned char)value[i] >= 0x20 && value[i] != 0x7f;
    if (!printable)
        return err_make(ERR_INPUT, "%s%s wants printable UTF-8", where, row->name);
    memcpy(field, value, length + 1);
    return err_none();
}

static struct err unknown(const struct settings *settings, const char *name, const char *where)
{
    char quoted[48];
    text_quote(name, strlen(name), quoted, sizeof quoted);
    const char *near = nearest(settings, name);
    if (near != NULL)
        return err_make(ERR_INPUT, "%sno setting %s. Did you mean %s?", where, quoted, near);
    return err_make(ERR_INPUT, "%sno setting %s; `grader settings` lists them", where, quoted);
}

static const char *nearest(const struct settings *settings, const char *name)
{
    const char *names[SETTINGS_MAX];
    for (size_t i = 0; i < settings->count; i++)
        names[i] = settings->rows[i].name;
    return text_nearest(name, names, settings->count);
}

static bool find(const struct settings *settings, const char *name, size_t *out_row)
{
    for (size_t i = 0; i < settings->count; i++) {
        if (strcmp(settings->rows[i].name, name) == 0) {
            *out_row = i;
            return true;
        }
    }
    return false;
}

static void *field_of(const struct settings *settings, const struct setting *row)
{
    return (char *)settings->values + row->offset;
}

void settings_print(struct buf *out, const struct settings *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct setting *row = &settings->rows[i];
        char value[SETTINGS_LINE_MAX];
        char bounds[64];
        char origin[320];
        value_text(settings, row, value, sizeof value);
        bounds_text(row, bounds, sizeof bounds);
        settings_origin(settings, i, origin, sizeof origin);
        buf_printf(out, "%s = %s%s%s   (%s; %s)\n    %s\n", row->name, value,
                   *row->unit == 0 ? "" : " ", row->unit, origin, bounds, row->help);
    }
}

void settings_sample(struct buf *out, const struct settings *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct setting *row = &settings->rows[i];
        char bounds[64];
        bounds_text(row, bounds, sizeof bounds);
        buf_printf(out, "# %s (%s)\n#%s = ", row->help, bounds, row->name);
        if (row->kind == SETTING_TEXT)
            buf_printf(out, "%s\n\n", row->preset_text == NULL ? "" : row->preset_text);
        else
            buf_printf(out, "%" PRId64 "\n\n", row->preset);
    }
}

static void value_text(const struct settings *settings, const struct setting *row, char *out,
                       size_t size)
{
    const void *field = field_of(settings, row);
    switch (row->kind) {
    case SETTING_NUMBER:
        (void)snprintf(out, size, "%" PRId64, *(const int64_t *)field); /* fits */
        break;
    case SETTING_FLAG: (void)text_copy(out, size, *(const bool *)field ? "1" : "0"); break;
    case SETTING_TEXT: (void)text_copy(out, size, field); break; /* for reading: a cut is fine */
    }
}

static void bounds_text(const struct setting *row, char *out, size_t size)
{
    switch (row->kind) {
    case SETTING_NUMBER:
        (void)snprintf(out, size, "%" PRId64 " to %" PRId64 "%s%s, default %" PRId64, row->min,
                       row->max, *row->unit == 0 ? "" : " ", row->unit, row->preset);
        break;
    case SETTING_FLAG: (void)snprintf(out, size, "0 or 1, default %d", row->preset != 0); break;
    case SETTING_TEXT: (void)snprintf(out, size, "text, at most %zu bytes", row->size - 1); break;
    }
}

void settings_origin(const struct settings *settings, size_t row, char *out, size_t size)
{
    switch (settings->origins[row].source) {
    case SETTING_DEFAULT: (void)text_copy(out, size, "default"); break;
    case SETTING_FILE:
        (void)snprintf(out, size, "file %s:%d", settings->file, settings->origins[row].line);
        break;
    case SETTING_ENVIRONMENT: (void)text_copy(out, size, "environment"); break;
    case SETTING_COMMAND_LINE: (void)text_copy(out, size, "flag"); break;
    }
}
