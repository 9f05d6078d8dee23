/* Pages of fresh memory, brought in at once: in a virtual machine a page fault can take 15 us, and
 * a megabyte so costs fifteen times what one call does. */
#ifndef SANDBOX_BASE_PAGES_H
#define SANDBOX_BASE_PAGES_H

#include <stddef.h>

/* For memory that will be written in full. A hint: kernels before 5.14 do nothing, and what does
 * not fill a page is left alone. */
void pages_populate(void *at, size_t bytes);

#endif
