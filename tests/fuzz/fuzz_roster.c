/* A class list as CSV: whatever the bytes, either rows whose texts are whole and within their
 * fields, or an error that says something. */
#include "grader/roster.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_fields(const char *bytes, size_t size)
{
    struct csv csv;
    bool row = true;
    struct err err = csv_init(&csv, bytes, size);
    while (!err_is(err) && row) {
        err = csv_next(&csv, &row);
        for (int i = 0; !err_is(err) && row && i < csv.fields_count; i++)
            if (csv.fields[i].raw_end > size || csv.fields[i].raw_at > csv.fields[i].raw_end ||
                strlen(csv.fields[i].text) > CSV_FIELD_BYTES_MAX)
                abort();
    }
    if (err_is(err) && err.text[0] == '\0')
        abort();
    csv_release(&csv);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct roster roster = {0};
    char *text = malloc(size > 0 ? size : 1); /* exactly: the sanitizer sees one too far */
    if (text == NULL)
        return 0;
    memcpy(text, bytes, size);
    read_fields(text, size);
    struct err err = roster_read(&roster, text, size);
    for (size_t i = 0; !err_is(err) && i < roster.count; i++) {
        const struct roster_row *row = &roster.rows[i];
        if (row->login[0] == '\0' || strlen(row->login) >= sizeof row->login ||
            strlen(row->name) >= sizeof row->name || strlen(row->alias) >= sizeof row->alias)
            abort();
    }
    if (err_is(err) && err.text[0] == '\0')
        abort();
    roster_release(&roster);
    free(text);
    return 0;
}
