/* Compressing sources again and again without setting up zlib each time, which costs a quarter of a
 * megabyte of fresh memory. Belongs to one thread. */
#ifndef GRADER_PACK_H
#define GRADER_PACK_H

#include "sandbox/base/buf.h"
#include "sandbox/base/err.h"

struct pack;

/* Appends the zlib stream of bytes to out. *pack is made at the first call; pack_free frees it,
 * NULL is fine. */
struct err pack_deflate(struct pack **pack, const void *bytes, size_t size, struct buf *out);
void pack_free(struct pack *pack);

#endif
