/* Memory for kernels that run in this process: what they read or write beyond it is seen. */
#ifndef TESTS_UNIT_SUPPORT_GUARDED_H
#define TESTS_UNIT_SUPPORT_GUARDED_H

#include <stdbool.h>
#include <stddef.h>

/* 64-byte aligned memory that ends (but for the alignment, whose bytes read as NaN) where a
 * forbidden page begins; another lies before it. NULL: none to be had. */
void *guarded_take(size_t bytes);

/* What lies between the last element and the forbidden page is as it was. */
bool guarded_is_whole(const void *at, size_t bytes);

void guarded_release(void *at, size_t bytes);

#endif
