/* Whole pages between two that may not be touched; the block stands at their end. */
#include "tests/unit/support/guarded.h"

#include <string.h>
#include <sys/mman.h>

#define PAGE ((size_t)4096)
#define ALIGNMENT ((size_t)64)
#define SLACK 0xff /* as float a NaN */

static size_t rounded(size_t bytes, size_t to);

void *guarded_take(size_t bytes)
{
    const size_t size = rounded(bytes, ALIGNMENT), pages = rounded(size, PAGE);
    char *const at = mmap(NULL, pages + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED)
        return NULL;
    if (pages > 0 && mprotect(at + PAGE, pages, PROT_READ | PROT_WRITE) < 0)
        return NULL;
    memset(at + PAGE + pages - size + bytes, SLACK, size - bytes);
    return at + PAGE + pages - size;
}

bool guarded_is_whole(const void *at, size_t bytes)
{
    const unsigned char *const slack = (const unsigned char *)at + bytes;

    for (size_t i = 0; i < rounded(bytes, ALIGNMENT) - bytes; i++)
        if (slack[i] != SLACK)
            return false;
    return true;
}

void guarded_release(void *at, size_t bytes)
{
    const size_t size = rounded(bytes, ALIGNMENT), pages = rounded(size, PAGE);

    (void)munmap((char *)at - (pages - size) - PAGE, pages + 2 * PAGE);
}

static size_t rounded(size_t bytes, size_t to)
{
    return (bytes + to - 1) / to * to;
}
