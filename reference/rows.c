/* Which pieces, and the little that all of them share. */
#include "reference/rows.h"

#include <assert.h>
#include <string.h>

const struct rows_entry *rows_find(const char *assignment)
{
    for (const struct rows_entry *entry = rows_table; entry->name != NULL; entry++)
        if (strcmp(entry->name, assignment) == 0)
            return entry;
    return NULL;
}

struct err rows_judge(const struct rows_entry *entry, const struct call *given,
                      const struct call *answer, int64_t rows, struct random *random,
                      struct compare *compare)
{
    int64_t each = 1;
    const int64_t count = entry->count(given, &each);
    struct err err = err_none();

    assert(count >= 1 && each >= 1);
    const int64_t wanted = (rows + each - 1) / each;
    for (int64_t i = 0; !err_is(err) && !compare->wrong && i < (wanted < count ? wanted : count);
         i++) {
        const int64_t drawn = random_range(random, 0, count - 1);
        /* Fewer pieces than are wanted: all of them, in order. */
        const int64_t piece = wanted >= count ? i : i == 0 ? 0 : i == 1 ? count - 1 : drawn;
        err = entry->judge(given, answer, piece, compare);
        compare_end(compare);
    }
    compare->map_rows = compare->map_columns = 0; /* of one piece: it would show nothing */
    return err;
}

void rows_size(struct spec_case *which, const struct spec *spec, const char *name, int64_t value)
{
    const int index = spec_argument_index(spec, name);
    assert(index >= 0);
    which->values[index] = value;
}

void rows_tensor(struct call *call, const char *name, const void *at, size_t count)
{
    const int index = spec_argument_index(call->spec, name);
    assert(index >= 0);
    call->tensors[index] = (struct tensor){.at = (void *)(uintptr_t)at, .count = count};
}

void rows_place(struct compare *compare, bool had_mismatch, int position, int64_t index)
{
    compare_end(compare);
    if (!had_mismatch && compare->has_mismatch)
        compare->first.index[position] = index;
}
