/* cmark, and the scopes that its table headings lack. */
#include "grader/web/markdown.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <stdlib.h>
#include <string.h>

void markdown_html(struct buf *out, const char *text)
{
    /* Not CMARK_OPT_UNSAFE: then raw HTML becomes a comment, javascript: an empty address. */
    const int options = CMARK_OPT_VALIDATE_UTF8;
    static const char head[] = "<th";

    cmark_gfm_core_extensions_ensure_registered();
    cmark_parser *parser = cmark_parser_new(options);
    cmark_syntax_extension *tables = cmark_find_syntax_extension("table");
    if (tables)
        (void)cmark_parser_attach_syntax_extension(parser, tables); /* without it they are text */
    cmark_parser_feed(parser, text, strlen(text));
    cmark_node *document = cmark_parser_finish(parser);
    char *html = cmark_render_html(document, options, cmark_parser_get_syntax_extensions(parser));

    /* A < of the text itself is an entity here: this is a tag of cmark's. */
    const char *at = html ? html : "";
    for (const char *next = strstr(at, head); next; next = strstr(at, head)) {
        next += sizeof head - 1;
        buf_append(out, at, (size_t)(next - at));
        if (*next == '>' || *next == ' ')
            buf_text(out, " scope=\"col\"");
        at = next;
    }
    buf_text(out, at);
    free(html);
    cmark_node_free(document);
    cmark_parser_free(parser);
}
