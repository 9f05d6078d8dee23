/* The framing guard. libmicrohttpd 0.9.75 lets through most of what stands here. */
#include "grader/guard.h"

#include "sandbox/base/err.h"
#include "sandbox/base/text.h"

#include <string.h>
#include <strings.h>

static struct guard_verdict check_method(const char *method);
static struct guard_verdict check_version(const char *version);
static struct guard_verdict check_uri_bytes(const char *uri, bool *out_fits);
static size_t decode(const char *from, const char *end, char *out);
static struct guard_verdict check_text(const char *from, const char *end);
static struct guard_verdict check_path(const char *uri);
static struct guard_verdict check_field(const struct guard_field *field);
static struct guard_verdict check_counts(const struct guard_request *request);
static struct guard_verdict check_length(const struct guard_field *field);
static struct guard_verdict check_host(const struct guard_field *field);

static const struct guard_verdict fine = {0, ""};

#define REFUSE(http_code, sentence) ((struct guard_verdict){(http_code), (sentence)})

struct guard_verdict guard_check(const struct guard_request *request)
{
    struct guard_verdict verdict = check_method(request->method);

    if (!verdict.code)
        verdict = check_version(request->version);
    if (!verdict.code)
        verdict = guard_uri(request->uri);
    if (!verdict.code)
        verdict = guard_fields(request);
    if (!verdict.code)
        verdict = guard_layout(request);
    return verdict;
}

static struct guard_verdict check_method(const char *method)
{
    size_t size = strlen(method);

    if (size == 0 || size > 16 || strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != size)
        return REFUSE(400, "the method is not a word in capital letters");
    return fine;
}

static struct guard_verdict check_version(const char *version)
{
    if (strcmp(version, "HTTP/1.1") == 0 || strcmp(version, "HTTP/1.0") == 0)
        return fine;
    if (strncmp(version, "HTTP/", 5) == 0)
        return REFUSE(505, "this service speaks HTTP/1.1 and HTTP/1.0");
    return REFUSE(400, "the request line does not end in HTTP/1.1");
}

/* -- the address ------------------------------------------------------------------------------- */

struct guard_verdict guard_uri(const char *uri)
{
    bool fits = false;
    struct guard_verdict verdict = check_uri_bytes(uri, &fits);
    if (verdict.code)
        return verdict;

    const char *path_end = uri + strcspn(uri, "?");
    verdict = check_text(uri, path_end);
    if (!verdict.code)
        verdict = check_text(path_end, uri + strlen(uri));
    if (!verdict.code)
        verdict = check_path(uri);
    return verdict;
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

/* Each byte by itself, and each %XX. Raw UTF-8 is let through: people type such file names. */
static struct guard_verdict check_uri_bytes(const char *uri, bool *out_fits)
{
    size_t size = strlen(uri);

    if (size > GUARD_URI_MAX)
        return REFUSE(414, "the address is longer than 2048 bytes");
    if (uri[0] != '/')
        return REFUSE(400, "the address must begin with a slash");
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)uri[i];
        if (byte <= ' ' || byte == 0x7f || strchr("\"#<>\\^`{|}", byte) != NULL)
            return REFUSE(400, "the address holds a character that must be written as %XX");
        if (byte == '%' && (hex_value(uri[i + 1]) < 0 || hex_value(uri[i + 2]) < 0))
            return REFUSE(400, "a % in the address must be followed by two hexadecimal digits");
    }
    *out_fits = true;
    return fine;
}

static size_t decode(const char *from, const char *end, char *out)
{
    size_t size = 0;

    for (const char *at = from; at < end; at++) {
        if (*at != '%') {
            out[size++] = *at;
            continue;
        }
        out[size++] = (char)(hex_value(at[1]) * 16 + hex_value(at[2]));
        at += 2;
    }
    out[size] = '\0';
    return size;
}

/* A decoded part of the address: text, and no control characters (those of C1 included). */
static struct guard_verdict check_text(const char *from, const char *end)
{
    char text[GUARD_URI_MAX + 1];
    size_t size = decode(from, end, text);

    if (text_utf8_bad(text, size) != size)
        return REFUSE(400, "the address is not valid UTF-8 once decoded");
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        unsigned char next = (unsigned char)text[i + 1];
        if (byte < ' ' || byte == 0x7f || (byte == 0xc2 && next >= 0x80 && next <= 0x9f))
            return REFUSE(400, "the address holds an encoded control character");
    }
    return fine;
}

/* Segment by segment, while it is still encoded, so that an encoded slash is told from a real one.
 */
static struct guard_verdict check_path(const char *uri)
{
    const char *end = uri + strcspn(uri, "?");
    size_t count = 0;

    for (const char *at = uri; at < end;) {
        const char *from = at + 1;
        char text[GUARD_URI_MAX + 1];
        at = from + strcspn(from, "/?");
        size_t size = decode(from, at, text);

        if (size == 0 && at < end)
            return REFUSE(400, "the path holds two slashes in a row");
        if (memchr(text, '/', size) || memchr(text, '\\', size))
            return REFUSE(400, "the path holds an encoded slash");
        if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
            return REFUSE(400, "the path holds a '.' or '..' segment");
        if (++count > GUARD_SEGMENTS_MAX)
            return REFUSE(414, "the path has too many segments");
    }
    return fine;
}

size_t guard_arguments(const char *uri)
{
    const char *at = strchr(uri, '?');
    size_t count = at != NULL;

    while (at != NULL && (at = strchr(at + 1, '&')) != NULL)
        count++;
    return count;
}

size_t guard_segments(const char *uri, char *out, const char *out_segments[GUARD_SEGMENTS_MAX])
{
    const char *end = uri + strcspn(uri, "?");
    size_t count = 0;

    for (const char *at = uri; at < end && count < GUARD_SEGMENTS_MAX;) {
        const char *from = at + 1;
        at = from + strcspn(from, "/?");
        if (at == from)
            break; /* the slash at the end */
        out_segments[count++] = out;
        out += decode(from, at, out) + 1;
    }
    return count;
}

/* -- header lines ------------------------------------------------------------------------------ */

struct guard_verdict guard_fields(const struct guard_request *request)
{
    if (request->fields_count > GUARD_FIELDS_MAX)
        return REFUSE(431, "more than 64 header lines");
    for (size_t i = 0; i < request->fields_count; i++) {
        struct guard_verdict verdict = check_field(&request->fields[i]);
        if (verdict.code)
            return verdict;
    }
    return check_counts(request);
}

static bool is_token_byte(unsigned char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || (byte != 0 && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
}

static struct guard_verdict check_field(const struct guard_field *field)
{
    if (field->name_size == 0)
        return REFUSE(400, "a header line without a name");
    for (size_t i = 0; i < field->name_size; i++)
        if (!is_token_byte((unsigned char)field->name[i]))
            return REFUSE(400, "a header name holds a character that has no place there "
                               "(a space before the colon?)");
    for (size_t i = 0; i < field->value_size; i++) {
        unsigned char byte = (unsigned char)field->value[i];
        if ((byte < ' ' && byte != '\t') || byte == 0x7f)
            return REFUSE(400, "a header value holds a control character");
    }
    return fine;
}

static bool field_is(const struct guard_field *field, const char *name)
{
    return field->name_size == strlen(name) &&
           strncasecmp(field->name, name, field->name_size) == 0;
}

static bool value_is(const struct guard_field *field, const char *value)
{
    return field->value_size == strlen(value) &&
           strncasecmp(field->value, value, field->value_size) == 0;
}

/* Header lines that may come at most once, with the sentence for the second. */
static const struct single {
    const char *name;
    const char *why;
} singles[] = {
    {"Host", "two Host lines"},
    {"Content-Length", "two Content-Length lines"},
    {"Transfer-Encoding", "two Transfer-Encoding lines"},
    {"Content-Type", "two Content-Type lines"},
    {"Authorization", "two Authorization lines"},
    {"Expect", "two Expect lines"},
};
enum { SINGLE_HOST, SINGLE_LENGTH, SINGLE_CODING, SINGLE_TYPE, SINGLE_WHO, SINGLE_EXPECT };

static struct guard_verdict check_counts(const struct guard_request *request)
{
    const struct guard_field *found[COUNT(singles)] = {NULL};
    bool is_old = strcmp(request->version, "HTTP/1.0") == 0;

    for (size_t i = 0; i < request->fields_count; i++)
        for (size_t s = 0; s < COUNT(singles); s++) {
            if (!field_is(&request->fields[i], singles[s].name))
                continue;
            if (found[s])
                return REFUSE(400, singles[s].why);
            found[s] = &request->fields[i];
        }

    const struct guard_field *coding = found[SINGLE_CODING];
    if (coding && found[SINGLE_LENGTH])
        return REFUSE(400, "Content-Length together with Transfer-Encoding");
    if (coding && (is_old || !value_is(coding, "chunked")))
        return REFUSE(400, "the only transfer coding here is chunked, in HTTP/1.1");
    if (found[SINGLE_EXPECT] && !value_is(found[SINGLE_EXPECT], "100-continue"))
        return REFUSE(417, "the only expectation that can be met is 100-continue");
    if (found[SINGLE_LENGTH]) {
        struct guard_verdict verdict = check_length(found[SINGLE_LENGTH]);
        if (verdict.code)
            return verdict;
    }
    if (!found[SINGLE_HOST])
        return is_old ? fine : REFUSE(400, "the Host line is missing");
    return check_host(found[SINGLE_HOST]);
}

static struct guard_verdict check_length(const struct guard_field *field)
{
    if (field->value_size == 0 || field->value_size > 18)
        return REFUSE(400, "Content-Length is not a number of bytes");
    for (size_t i = 0; i < field->value_size; i++)
        if (field->value[i] < '0' || field->value[i] > '9')
            return REFUSE(400, "Content-Length is not a number of bytes");
    return fine;
}

static struct guard_verdict check_host(const struct guard_field *field)
{
    if (field->value_size == 0 || field->value_size > 255)
        return REFUSE(400, "the Host line is empty or too long");
    for (size_t i = 0; i < field->value_size; i++) {
        unsigned char byte = (unsigned char)field->value[i];
        bool is_host = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= 'a' && byte <= 'z') ||
                       (byte != 0 && strchr("-._:[]", byte) != NULL);
        if (!is_host)
            return REFUSE(400, "the Host line is not a host name");
    }
    return fine;
}

struct guard_verdict guard_layout(const struct guard_request *request)
{
    const char *expected = NULL;

    if (!request->block_end)
        return fine;
    if (request->uri_at != request->method + strlen(request->method) + 1 ||
        request->version != request->uri_at + strlen(request->uri) + 1)
        return REFUSE(400, "the first line holds a zero byte or a blank too many");
    expected = request->version + strlen(request->version) + 2;
    for (size_t i = 0; i < request->fields_count; i++) {
        if (request->fields[i].name != expected)
            return REFUSE(400, "a header line ends in a bare carriage return or line feed, is "
                               "folded, or holds a zero byte");
        expected = request->fields[i].value + request->fields[i].value_size + 2;
    }
    /* The empty line. */
    if (expected + 2 != request->block_end)
        return REFUSE(400, "the header does not end in one empty line, or holds a zero byte");
    return fine;
}
