/* Quotes and backslashes; text_sanitise does the rest. */
#include "sandbox/json_text.h"

#include "sandbox/base/text.h"

#include <string.h>

#define LINE_MAX_BYTES 65536

void json_text(struct buf *out, const char *text)
{
    auto_buf struct buf clean;
    buf_init(&clean, 4 * LINE_MAX_BYTES);
    (void)text_sanitise(&clean, text, strlen(text), LINE_MAX_BYTES, LINE_MAX_BYTES);

    buf_text(out, "\"");
    for (size_t i = 0; i < clean.size; i++) {
        char c = clean.at[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c == '\n' || c == '\t')
            buf_text(out, c == '\n' ? "\\n" : "\\t");
        else
            buf_append(out, &c, 1);
    }
    buf_text(out, "\"");
}
