/* multipart/form-data, strictly: lines end in CRLF, nothing before the first boundary. */
#include "grader/multipart.h"

#include <string.h>
#include <strings.h>

struct reader;
struct part;
static struct err read_boundary(const char *content_type, struct reader *reader);
static struct err read_first(struct reader *reader);
static struct err read_part(struct reader *reader, struct part *part);
static struct err read_header(struct reader *reader, struct part *part);
static bool read_disposition(const char *line, size_t size, struct part *part);
static const char *read_parameter(const char *at, const char *end, struct part *part);
static const char *last_component(const char *name);
static struct err read_content(struct reader *reader, struct part *part);

#define BOUNDARY_MAX 70 /* RFC 2046 */

struct reader {
    const char *at, *end;
    char delimiter[BOUNDARY_MAX + 5]; /* "\r\n--boundary" */
    size_t delimiter_size;
    bool is_last; /* the closing boundary has been read */
};

struct part {
    char field[64];
    char name[256];
    bool has_disposition;
    const char *bytes;
    size_t size;
};

bool multipart_is(const char *content_type)
{
    static const char wanted[] = "multipart/form-data";

    if (!content_type || strncasecmp(content_type, wanted, sizeof wanted - 1) != 0)
        return false;
    return strchr("; \t", content_type[sizeof wanted - 1]) != NULL; /* its zero byte too */
}

struct err multipart_find(const char *content_type, const char *body, size_t size,
                          const char *field, struct multipart_file *out)
{
    struct reader reader = {.at = body, .end = body + size};
    struct multipart_file found = {.bytes = NULL};
    struct err err = read_boundary(content_type, &reader);

    if (!err_is(err))
        err = read_first(&reader);
    for (int count = 0; !err_is(err) && !reader.is_last; count++) {
        struct part part = {.bytes = NULL};
        if (count == MULTIPART_PARTS_MAX)
            return err_make(ERR_LIMIT, "more than %d parts", MULTIPART_PARTS_MAX);
        err = read_part(&reader, &part);
        if (err_is(err) || strcmp(part.field, field) != 0)
            continue;
        if (found.bytes)
            return err_make(ERR_INPUT, "the field '%s' is there twice", field);
        found.bytes = part.bytes;
        found.size = part.size;
        memcpy(found.name, part.name, sizeof found.name);
    }
    if (err_is(err))
        return err;
    if (reader.at != reader.end)
        return err_make(ERR_INPUT, "something follows the last boundary");
    if (!found.bytes)
        return err_make(ERR_INPUT, "there is no field '%s'", field);
    *out = found;
    return err_none();
}

/* `multipart/form-data; boundary="abc"`, quotes optional. */
static struct err read_boundary(const char *content_type, struct reader *reader)
{
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "'()+_,-./:=?";
    const char *at = multipart_is(content_type) ? strchr(content_type, ';') : NULL;

    while (at) {
        at += 1 + strspn(at + 1, " \t");
        if (strncasecmp(at, "boundary=", 9) == 0)
            break;
        at = strchr(at, ';');
    }
    if (!at)
        return err_make(ERR_INPUT, "the Content-Type names no boundary");
    at += 9;
    at += *at == '"';
    size_t size = strspn(at, allowed);
    if (size == 0 || size > BOUNDARY_MAX || strchr("\"; \t", at[size]) == NULL)
        return err_make(ERR_INPUT, "the boundary is empty, too long or holds a bad character");
    memcpy(reader->delimiter, "\r\n--", 4);
    memcpy(reader->delimiter + 4, at, size);
    reader->delimiter_size = 4 + size;
    return err_none();
}

static bool starts_with(const struct reader *reader, const char *text, size_t size)
{
    return (size_t)(reader->end - reader->at) >= size && memcmp(reader->at, text, size) == 0;
}

/* What follows a boundary: a line end, or "--" and perhaps one line end. */
static struct err read_boundary_end(struct reader *reader)
{
    if (starts_with(reader, "\r\n", 2)) {
        reader->at += 2;
        return err_none();
    }
    if (!starts_with(reader, "--", 2))
        return err_make(ERR_INPUT, "a boundary does not end its line");
    reader->at += 2;
    if (starts_with(reader, "\r\n", 2))
        reader->at += 2;
    reader->is_last = true;
    return err_none();
}

static struct err read_first(struct reader *reader)
{
    if (!starts_with(reader, reader->delimiter + 2, reader->delimiter_size - 2))
        return err_make(ERR_INPUT, "the body does not begin with its boundary");
    reader->at += reader->delimiter_size - 2;
    return read_boundary_end(reader);
}

static struct err read_part(struct reader *reader, struct part *part)
{
    struct err err = read_header(reader, part);

    if (!err_is(err))
        err = read_content(reader, part);
    if (!err_is(err))
        err = read_boundary_end(reader);
    return err;
}

static struct err read_header(struct reader *reader, struct part *part)
{
    static const char wanted[] = "Content-Disposition:";

    for (int lines = 0; lines <= MULTIPART_LINES_MAX; lines++) {
        const char *end = memmem(reader->at, (size_t)(reader->end - reader->at), "\r\n", 2);
        if (!end)
            break;
        const char *line = reader->at;
        size_t size = (size_t)(end - line);
        reader->at = end + 2;
        if (size == 0) {
            if (!part->has_disposition)
                return err_make(ERR_INPUT, "a part has no Content-Disposition");
            return err_none();
        }
        if (size < sizeof wanted - 1 || strncasecmp(line, wanted, sizeof wanted - 1) != 0)
            continue;
        if (part->has_disposition ||
            !read_disposition(line + sizeof wanted - 1, size - (sizeof wanted - 1), part))
            return err_make(ERR_INPUT, "a part has a broken Content-Disposition");
        part->has_disposition = true;
    }
    return err_make(ERR_INPUT, "the header of a part does not end");
}

/* ` form-data; name="file"; filename="attention.c"` */
static bool read_disposition(const char *line, size_t size, struct part *part)
{
    static const char wanted[] = "form-data";
    const char *end = line + size;
    const char *at = line;

    while (at < end && *at == ' ')
        at++;
    if ((size_t)(end - at) < sizeof wanted - 1 || strncasecmp(at, wanted, sizeof wanted - 1) != 0)
        return false;
    at += sizeof wanted - 1;
    while (at && at < end) {
        while (at < end && (*at == ' ' || *at == '\t'))
            at++;
        if (at == end)
            break;
        if (*at++ != ';')
            return false;
        while (at < end && (*at == ' ' || *at == '\t'))
            at++;
        at = read_parameter(at, end, part);
    }
    return at != NULL && part->field[0] != '\0';
}

/* One `key=value` or `key="value"` (a backslash takes the next character as it is); where it ends,
 * or NULL when it is broken or too long. */
static const char *read_parameter(const char *at, const char *end, struct part *part)
{
    const char *equals = memchr(at, '=', (size_t)(end - at));
    if (!equals)
        return NULL;
    size_t key_size = (size_t)(equals - at);
    bool is_field = key_size == 4 && strncasecmp(at, "name", 4) == 0;
    bool is_name = key_size == 8 && strncasecmp(at, "filename", 8) == 0;
    char value[256];
    size_t size = 0;
    bool is_quoted = equals + 1 < end && equals[1] == '"';

    for (at = equals + 1 + is_quoted; at < end; at++) {
        if (is_quoted ? *at == '"' : (*at == ';' || *at == ' '))
            break;
        if (is_quoted && *at == '\\' && at + 1 < end)
            at++;
        if (*at == '\0' || size == sizeof value - 1)
            return NULL;
        value[size++] = *at;
    }
    if (is_quoted && at == end)
        return NULL;
    value[size] = '\0';
    if (is_field && size >= sizeof part->field)
        return NULL;
    if (is_field)
        memcpy(part->field, value, size + 1);
    if (is_name)
        memcpy(part->name, last_component(value), strlen(last_component(value)) + 1);
    return at + is_quoted;
}

static const char *last_component(const char *name)
{
    const char *last = name;

    for (const char *at = name; *at; at++)
        if (*at == '/' || *at == '\\')
            last = at + 1;
    return last;
}

static struct err read_content(struct reader *reader, struct part *part)
{
    /* An empty part: its boundary follows at once, on the line end of the header. */
    const char *from = reader->at - 2;
    const char *end =
        memmem(from, (size_t)(reader->end - from), reader->delimiter, reader->delimiter_size);

    if (!end)
        return err_make(ERR_INPUT, "the last boundary is missing");
    part->bytes = reader->at;
    part->size = end > reader->at ? (size_t)(end - reader->at) : 0;
    reader->at = end + reader->delimiter_size;
    return err_none();
}
