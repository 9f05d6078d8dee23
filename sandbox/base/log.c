/* Formats a line into one buffer and writes it with one write(), so that lines of processes that
 * share a terminal do not mix. */
#include "sandbox/base/log.h"

#include "sandbox/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static enum log_level log_level = LOG_INFO; /* the one setting that belongs to the process itself */

void log_set_level(enum log_level level)
{
    log_level = level;
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    static const char *const words[] = {"error", "warn", "info", "debug"};
    if (level > log_level)
        return;

    struct timespec now;
    struct tm utc;
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail */
    (void)gmtime_r(&now.tv_sec, &utc);         /* cannot fail before the year 2^31 */

    char line[1024];
    char stamp[24];
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc); /* fits: 19 bytes */
    int head = snprintf(line, sizeof line - 1, "%s.%03ldZ %s %s ", stamp, now.tv_nsec / 1000000,
                        words[level], event);
    size_t size = head < 0 ? 0 : (size_t)head < sizeof line - 1 ? (size_t)head : sizeof line - 2;

    va_list arguments;
    va_start(arguments, format);
    int rest = vsnprintf(line + size, sizeof line - 1 - size, format, arguments);
    va_end(arguments);
    if (rest > 0)
        size += (size_t)rest < sizeof line - 1 - size ? (size_t)rest : sizeof line - 2 - size;
    line[size++] = '\n';

    ssize_t written = write(STDERR_FILENO, line, size);
    (void)written; /* a log that cannot be written must not stop the service */
}

void log_err(const char *event, struct err err)
{
    char quoted[sizeof err.text * 2 + 3];
    text_quote(err.text, strlen(err.text), quoted, sizeof quoted);
    log_line(LOG_ERROR, event, "code=%s text=%s", err_word(err.code), quoted);
}
