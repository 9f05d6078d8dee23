/* Bytes of a settings file, over the service's own table. What is accepted lies within its bounds;
 * what is refused names a line. The same bytes are tried as the value of each setting. */
#include "grader/serve_settings.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_bounds(const struct settings *settings);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct settings settings;
    struct serve_settings *values = malloc(sizeof *values);
    if (values == NULL)
        return 0;
    if (err_is(
            settings_init(&settings, serve_setting_rows, serve_setting_count, values, "GRADER_")))
        abort();
    struct err err = settings_parse(&settings, (const char *)bytes, size, "fuzz.conf");
    if (err_is(err) && strncmp(err.text, "fuzz.conf:", 10) != 0)
        abort();
    check_bounds(&settings);

    char *text = strndup((const char *)bytes, size);
    for (size_t i = 0; text != NULL && i < settings.count; i++)
        (void)settings_set(&settings, settings.rows[i].name, text, SETTING_ENVIRONMENT, "");
    check_bounds(&settings);

    struct buf printed;
    buf_init(&printed, (size_t)1 << 20);
    settings_print(&printed, &settings);
    if (printed.failed)
        abort();
    buf_release(&printed);
    free(text);
    free(values);
    return 0;
}

static void check_bounds(const struct settings *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct setting *row = &settings->rows[i];
        const char *field = (const char *)settings->values + row->offset;
        int64_t number;
        memcpy(&number, field, row->kind == SETTING_NUMBER ? sizeof number : 0);
        if (row->kind == SETTING_NUMBER && (number < row->min || number > row->max))
            abort();
        if (row->kind == SETTING_TEXT && memchr(field, 0, row->size) == NULL)
            abort();
    }
}
