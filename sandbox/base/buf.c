/* The bounded growable buffer. Grows by doubling; an empty one points at a shared empty string. */
#include "sandbox/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool buf_reserve(struct buf *buf, size_t extra);

static char empty[1]; /* never written: capacity 0 says so */

struct buf buf_of(size_t max)
{
    return (struct buf){.at = empty, .max = max};
}

void buf_init(struct buf *buf, size_t max)
{
    *buf = buf_of(max);
}

void buf_release(struct buf *buf)
{
    if (buf->capacity > 0)
        free(buf->at);
    buf_init(buf, buf->max);
}

void buf_clear(struct buf *buf)
{
    buf->size = 0;
    buf->failed = false;
    if (buf->capacity > 0)
        buf->at[0] = 0;
}

void buf_append(struct buf *buf, const void *bytes, size_t size)
{
    if (size == 0 || !buf_reserve(buf, size))
        return;
    memcpy(buf->at + buf->size, bytes, size);
    buf->size += size;
    buf->at[buf->size] = 0;
}

void buf_text(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(buf, format, arguments);
    va_end(arguments);
}

void buf_vprintf(struct buf *buf, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length < 0)
        buf->failed = true;
    else if (length > 0 && buf_reserve(buf, (size_t)length)) {
        (void)vsnprintf(buf->at + buf->size, (size_t)length + 1, format, again); /* measured */
        buf->size += (size_t)length;
    }
    va_end(again);
}

void buf_consume(struct buf *buf, size_t size)
{
    if (size >= buf->size) {
        size = buf->size;
        if (size == 0)
            return;
    }
    memmove(buf->at, buf->at + size, buf->size - size + 1);
    buf->size -= size;
}

char *buf_take(struct buf *buf)
{
    char *taken = buf->capacity > 0 ? buf->at : calloc(1, 1);
    buf_init(buf, buf->max);
    return taken;
}

static bool buf_reserve(struct buf *buf, size_t extra)
{
    if (buf->failed || extra > buf->max || buf->size > buf->max - extra) {
        buf->failed = true;
        return false;
    }
    size_t need = buf->size + extra + 1;
    if (need <= buf->capacity)
        return true;

    size_t capacity = buf->capacity > 0 ? buf->capacity : 64;
    while (capacity < need)
        capacity *= 2;
    char *at = realloc(buf->capacity > 0 ? buf->at : NULL, capacity);
    if (at == NULL) {
        buf->failed = true;
        return false;
    }
    at[buf->size] = 0;
    buf->at = at;
    buf->capacity = capacity;
    return true;
}
