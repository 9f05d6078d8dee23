/* The value type for our own failures, and the two cleanup helpers that every file uses. */
#include "sandbox/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct err err_none(void)
{
    return (struct err){.code = ERR_NONE};
}

struct err err_make(enum err_code code, const char *format, ...)
{
    int saved = errno;
    struct err err = {.code = code};

    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(err.text, sizeof err.text, format, arguments);
    va_end(arguments);

    if (code == ERR_SYSTEM) {
        err.sys_errno = saved;
        if (length >= 0 && (size_t)length < sizeof err.text)
            (void)snprintf(err.text + length, sizeof err.text - (size_t)length, ": %s",
                           strerror(saved)); /* cut is fine: the text is for people */
    }
    errno = saved;
    return err;
}

bool err_is(struct err err)
{
    return err.code != ERR_NONE;
}

const char *err_word(enum err_code code)
{
    static const char *const words[] = {
        [ERR_NONE] = "none", [ERR_INPUT] = "input",   [ERR_LIMIT] = "limit",
        [ERR_BUSY] = "busy", [ERR_SYSTEM] = "system", [ERR_INTERNAL] = "internal",
    };
    return (size_t)code < COUNT(words) ? words[code] : "unknown";
}

void err_cleanup_free(void *pointer_to_pointer)
{
    void *owned;
    memcpy(&owned, pointer_to_pointer, sizeof owned);
    free(owned);
}

void err_cleanup_close(const int *fd)
{
    int saved = errno;
    if (*fd >= 0)
        (void)close(*fd); /* nothing to do about it in a scope's end */
    errno = saved;
}
