/* Finds a generator in the table that the build makes. */
#include "assignments/inputs.h"

#include <string.h>

inputs_fn inputs_find(const char *assignment)
{
    for (const struct inputs_entry *entry = inputs_table; entry->name != NULL; entry++)
        if (strcmp(entry->name, assignment) == 0)
            return entry->fill;
    return NULL;
}
