/* Escaping, and a printf that cannot forget it. */
#include "grader/web/html.h"

#include "sandbox/base/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *put_one(struct buf *out, const char *at, va_list *arguments);

#define CONVERSION_MAX 16

void html_text(struct buf *out, const char *text, size_t size)
{
    static const char special[] = "&<>\"'";
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    auto_buf struct buf clean = buf_of(size + 64);

    (void)text_sanitise(&clean, text, size, (size_t)-1, (size_t)-1); /* no limit: nothing is cut */
    for (const char *at = clean.at; *at;) {
        size_t plain = strcspn(at, special);
        buf_append(out, at, plain);
        at += plain;
        if (*at)
            buf_text(out, entities[strchr(special, *at++) - special]);
    }
    out->failed = out->failed || clean.failed;
}

void html_put(struct buf *out, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    while (*format) {
        size_t plain = strcspn(format, "%");
        buf_append(out, format, plain);
        format += plain;
        if (*format)
            format = put_one(out, format, &arguments);
    }
    va_end(arguments);
}

/* One conversion; returns what follows it. */
static const char *put_one(struct buf *out, const char *at, va_list *arguments)
{
    char conversion[CONVERSION_MAX];
    char number[64];
    size_t size = 1 + strcspn(at + 1, "sdufeg%") + 1;

    assert(size < sizeof conversion);
    memcpy(conversion, at, size);
    conversion[size] = '\0';
    if (strcmp(conversion, "%s") == 0) {
        const char *text = va_arg(*arguments, const char *);
        html_text(out, text, strlen(text));
        return at + size;
    }
    if (strcmp(conversion, "%%") == 0) {
        buf_text(out, "%");
        return at + size;
    }
    /* The format is a piece of one that the compiler has checked. */
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wformat-nonliteral\"");
    if (strstr(conversion, "ll"))
        (void)snprintf(number, sizeof number, conversion, va_arg(*arguments, long long));
    else if (strchr(conversion, 'z'))
        (void)snprintf(number, sizeof number, conversion, va_arg(*arguments, size_t));
    else if (strchr("du", conversion[size - 1]))
        (void)snprintf(number, sizeof number, conversion, va_arg(*arguments, int));
    else
        (void)snprintf(number, sizeof number, conversion, va_arg(*arguments, double));
    _Pragma("GCC diagnostic pop");
    buf_text(out, number);
    return at + size;
}
