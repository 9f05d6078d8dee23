/* One block per answer, tensors 64-byte aligned in it. */
#include "worker/answer.h"

#include "sandbox/base/pages.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT ((size_t)64)

static size_t rounded(size_t bytes);

struct err answer_make(struct answer *out, const struct spec *spec, const struct spec_case *which)
{
    *out =
        (struct answer){.call = {.spec = spec, .which = which}, .bytes = answer_bytes(spec, which)};
    out->storage = aligned_alloc(ALIGNMENT, out->bytes + ALIGNMENT);
    if (out->storage == NULL)
        return err_make(ERR_SYSTEM, "memory for an answer of %zu bytes", out->bytes);
    pages_populate(out->storage, out->bytes);
    memset(out->storage, 0, out->bytes);

    char *at = out->storage;
    for (int i = 0; i < spec->arguments_count; i++) {
        if (!answer_holds(&spec->arguments[i]))
            continue;
        out->call.tensors[i] =
            (struct tensor){.at = at, .count = (size_t)spec_elements(spec, which, i)};
        at += rounded((size_t)spec_tensor_bytes(spec, which, i));
    }
    return err_none();
}

void answer_release(struct answer *answer)
{
    free(answer->storage);
    *answer = (struct answer){.storage = NULL};
}

size_t answer_bytes(const struct spec *spec, const struct spec_case *which)
{
    size_t bytes = 0;

    for (int i = 0; i < spec->arguments_count; i++)
        if (answer_holds(&spec->arguments[i]))
            bytes += rounded((size_t)spec_tensor_bytes(spec, which, i));
    return bytes;
}

bool answer_holds(const struct spec_argument *argument)
{
    return argument->role == SPEC_INOUT || argument->role == SPEC_OUTPUT;
}

static size_t rounded(size_t bytes)
{
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}
