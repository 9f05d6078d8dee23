/* One deflate state, reset for each source. */
#include "grader/pack.h"

#include <stdlib.h>
#define ZLIB_CONST /* its input is only read */
#include <zlib.h>

#define WINDOW_BITS 15
#define MEMORY_LEVEL 8

struct pack {
    z_stream stream;
};

static struct err pack_make(struct pack **out_pack);

struct err pack_deflate(struct pack **pack, const void *bytes, size_t size, struct buf *out)
{
    struct err err = *pack == NULL ? pack_make(pack) : err_none();
    if (err_is(err) || *pack == NULL)
        return err;
    z_stream *stream = &(*pack)->stream;
    (void)deflateReset(stream); /* of a stream that was set up: cannot fail */
    auto_free Bytef *packed = malloc(deflateBound(stream, (uLong)size));
    if (packed == NULL)
        return err_make(ERR_SYSTEM, "pack a source of %zu bytes", size);
    stream->next_in = (const Bytef *)bytes;
    stream->avail_in = (uInt)size;
    stream->next_out = packed;
    stream->avail_out = (uInt)deflateBound(stream, (uLong)size);
    if (deflate(stream, Z_FINISH) != Z_STREAM_END)
        return err_make(ERR_INTERNAL, "pack a source of %zu bytes", size);
    buf_append(out, packed, stream->total_out);
    return out->failed ? err_make(ERR_LIMIT, "pack a source of %zu bytes", size) : err_none();
}

static struct err pack_make(struct pack **out_pack)
{
    struct pack *pack = calloc(1, sizeof *pack);
    if (pack == NULL || deflateInit2(&pack->stream, Z_BEST_SPEED, Z_DEFLATED, WINDOW_BITS,
                                     MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(pack);
        return err_make(ERR_SYSTEM, "set up the packing of sources");
    }
    *out_pack = pack;
    return err_none();
}

void pack_free(struct pack *pack)
{
    if (pack == NULL)
        return;
    (void)deflateEnd(&pack->stream); /* says that there was unfinished work: nothing to do */
    free(pack);
}
