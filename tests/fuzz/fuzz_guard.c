/* The framing guard on any request text: split as a lenient library would split it. What passes
 * must keep the promises that handlers rely on; and no byte is read that is not there. */
#include "grader/guard.h"
#include "grader/negotiate.h"
#include "sandbox/base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static size_t split_fields(char *text, struct guard_field *fields);
static void check_passed(const struct guard_request *request);

#define TEXT_MAX 8192

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size > TEXT_MAX)
        return 0;
    char *text = malloc(size + 1);
    struct guard_field fields[GUARD_FIELDS_MAX + 1];
    if (text == NULL)
        return 0;
    memcpy(text, bytes, size);
    text[size] = '\0';

    char *rest = text;
    char *line = strsep(&rest, "\n");
    struct guard_request request = {.method = strsep(&line, " ")};
    request.uri = line ? strsep(&line, " ") : "";
    request.version = line ? line : "";
    request.fields = fields;
    request.fields_count = rest ? split_fields(rest, fields) : 0;

    struct guard_verdict verdict = guard_check(&request);
    if ((verdict.code == 0) != (verdict.why[0] == '\0'))
        abort();
    if (verdict.code == 0)
        check_passed(&request);
    free(text);
    return 0;
}

/* "name:value" lines; the colon may be missing. */
static size_t split_fields(char *text, struct guard_field *fields)
{
    size_t count = 0;

    while (text && count <= GUARD_FIELDS_MAX) {
        char *line = strsep(&text, "\n");
        char *name = strsep(&line, ":");
        const char *value = line ? line : "";
        fields[count++] = (struct guard_field){name, strlen(name), value, strlen(value)};
    }
    return count;
}

static void check_passed(const struct guard_request *request)
{
    char space[GUARD_URI_MAX + 1];
    const char *segments[GUARD_SEGMENTS_MAX];
    size_t lengths = 0;
    size_t codings = 0;
    size_t count = guard_segments(request->uri, space, segments);

    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(segments[i]);
        if (size == 0 || strchr(segments[i], '/') || strchr(segments[i], '\\') ||
            strcmp(segments[i], ".") == 0 || strcmp(segments[i], "..") == 0 ||
            text_utf8_bad(segments[i], size) != size)
            abort();
        for (size_t b = 0; b < size; b++)
            if ((unsigned char)segments[i][b] < ' ' || segments[i][b] == 0x7f)
                abort();
    }
    for (size_t i = 0; i < request->fields_count; i++) {
        const struct guard_field *field = &request->fields[i];
        lengths += strcasecmp(field->name, "Content-Length") == 0;
        codings += strcasecmp(field->name, "Transfer-Encoding") == 0;
        if (strcasecmp(field->name, "Accept") == 0)
            (void)negotiate_accept(field->value); /* any answer will do: no byte too far */
    }
    if (lengths + codings > 1)
        abort();
}
