/* MADV_POPULATE_WRITE, on the whole pages of a block. */
#include "sandbox/base/pages.h"

#include <linux/mman.h>
#include <stdint.h>
#include <sys/mman.h>

#define PAGE ((uintptr_t)4096)

void pages_populate(void *at, size_t bytes)
{
    const size_t head = (PAGE - (uintptr_t)at % PAGE) % PAGE;
    const size_t whole = bytes > head ? (bytes - head) / PAGE * PAGE : 0;

    if (whole > 0)
        (void)madvise((char *)at + head, whole, MADV_POPULATE_WRITE);
}
