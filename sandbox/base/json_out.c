/* The JSON writer behind reports. */
#include "sandbox/base/json_out.h"

#include "sandbox/base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 400
#define LINE_MAX_BYTES 4000
#define TEXT_MAX ((size_t)256 * 1024)

static void begin(struct json_out *json, const char *name);
static void quoted(struct buf *out, const char *text);

void json_open(struct json_out *json, const char *name, char bracket)
{
    begin(json, name);
    buf_append(json->out, &bracket, 1);
    json->comma = false;
}

void json_close(struct json_out *json, char bracket)
{
    buf_append(json->out, &bracket, 1);
    json->comma = true;
}

void json_text(struct json_out *json, const char *name, const char *text)
{
    auto_buf struct buf clean = buf_of(TEXT_MAX);
    (void)text_sanitise(&clean, text, strlen(text), LINES_MAX, LINE_MAX_BYTES); /* cut is fine */
    begin(json, name);
    quoted(json->out, clean.at);
}

void json_integer(struct json_out *json, const char *name, int64_t value)
{
    begin(json, name);
    buf_printf(json->out, "%" PRId64, value);
}

void json_flag(struct json_out *json, const char *name, bool value)
{
    begin(json, name);
    buf_text(json->out, value ? "true" : "false");
}

void json_real(struct json_out *json, const char *name, double value, int digits)
{
    begin(json, name);
    if (isnan(value))
        buf_text(json->out, "\"nan\"");
    else if (isinf(value))
        buf_text(json->out, value > 0 ? "\"inf\"" : "\"-inf\"");
    else
        buf_printf(json->out, "%.*g", digits, value);
}

void json_hundredths(struct json_out *json, const char *name, int64_t hundredths)
{
    int64_t part = llabs(hundredths % 100);
    begin(json, name);
    buf_printf(json->out, "%s%lld.", hundredths < 0 ? "-" : "", llabs(hundredths / 100));
    buf_printf(json->out, part % 10 == 0 ? "%" PRId64 : "%02" PRId64,
               part % 10 == 0 ? part / 10 : part);
}

static void begin(struct json_out *json, const char *name)
{
    if (json->comma)
        buf_append(json->out, ",", 1);
    json->comma = true;
    if (name == NULL)
        return;
    quoted(json->out, name);
    buf_append(json->out, ":", 1);
}

/* After sanitising, only the quote, the backslash, \n and \t need care. */
static void quoted(struct buf *out, const char *text)
{
    buf_append(out, "\"", 1);
    for (; *text != 0; text++) {
        size_t plain = strcspn(text, "\"\\\n\t");
        buf_append(out, text, plain);
        text += plain;
        switch (*text) {
        case '"': buf_text(out, "\\\""); break;
        case '\\': buf_text(out, "\\\\"); break;
        case '\n': buf_text(out, "\\n"); break;
        case '\t': buf_text(out, "\\t"); break;
        default: text--; break; /* the end: the loop's step returns to it */
        }
    }
    buf_append(out, "\"", 1);
}
