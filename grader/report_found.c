/* What a diagnosis build found, in words. One row of the table of sentences per kind; a kind that
 * reads or writes has two. */
#include "grader/report_parts.h"
#include "grader/words.h"
#include "sandbox/base/json_out.h"

#include <stdio.h>

/* What the conversions of a sentence are filled with, in their order. */
enum filling {
    FILL_NONE,
    FILL_NAME,              /* %s */
    FILL_ELEMENT,           /* %s[%lld] */
    FILL_ELEMENT_NAME,      /* %s[%lld] … %s */
    FILL_ELEMENT_NAME_LAST, /* %s[%lld] … %s … %lld */
    FILL_NAME_ELEMENT_OF,   /* %s … %lld … %lld */
    FILL_ELEMENT_OF,        /* %lld … %lld */
    FILL_VALUE,             /* %lld */
    FILL_VALUE_NAME,        /* %lld … %s */
};

static const struct row {
    bool has_access; /* "found_WORD_read" and "found_WORD_write", else "found_WORD" */
    enum filling filling;
} rows[FOUND_KINDS] = {
    [FOUND_OUTSIDE_TENSOR] = {true, FILL_ELEMENT_NAME_LAST},
    [FOUND_INPUT_WRITTEN] = {false, FILL_ELEMENT_NAME},
    [FOUND_OUTSIDE_ARRAY] = {true, FILL_NAME_ELEMENT_OF},
    [FOUND_OUTSIDE_BLOCK] = {true, FILL_ELEMENT_OF},
    [FOUND_FREED_BLOCK] = {false, FILL_NONE},
    [FOUND_BAD_FREE] = {false, FILL_NONE},
    [FOUND_NULL] = {true, FILL_NONE},
    [FOUND_WILD] = {true, FILL_NONE},
    [FOUND_STACK_OVERFLOW] = {false, FILL_NONE},
    [FOUND_UNSET_TENSOR] = {false, FILL_ELEMENT},
    [FOUND_UNSET_ARRAY] = {false, FILL_NAME},
    [FOUND_UNSET_BLOCK] = {false, FILL_NONE},
    [FOUND_INDEX] = {false, FILL_VALUE_NAME},
    [FOUND_SIGNED_OVERFLOW] = {false, FILL_NAME},
    [FOUND_DIVISION_BY_ZERO] = {false, FILL_NONE},
    [FOUND_DIVISION_OVERFLOW] = {false, FILL_NONE},
    [FOUND_SHIFT] = {false, FILL_VALUE_NAME},
    [FOUND_LENGTH] = {false, FILL_VALUE},
    [FOUND_FLOAT_TO_INTEGER] = {false, FILL_NAME},
    [FOUND_MISALIGNED] = {false, FILL_NONE},
    [FOUND_ILLEGAL_INSTRUCTION] = {false, FILL_NONE},
};

static void fill(struct buf *out, const struct wire_finding *finding, enum language language,
                 enum filling filling, const char *code);

void report_found_words(struct buf *out, const struct wire_finding *finding, enum language language)
{
    const struct row *row = &rows[finding->kind];
    char code[48];

    if (finding->line > 0)
        words_put(out, language, "found_line", (long long)finding->line);
    (void)snprintf(code, sizeof code, "found_%s%s", found_word(finding->kind),
                   !row->has_access    ? ""
                   : finding->is_write ? "_write"
                                       : "_read"); /* fits */
    fill(out, finding, language, row->filling, code);
    if (finding->place[0] != '\0')
        words_put(out, language, "found_place", finding->place);
}

static void fill(struct buf *out, const struct wire_finding *finding, enum language language,
                 enum filling filling, const char *code)
{
    const char *const name =
        finding->name[0] != '\0' ? finding->name : words_of("found_unnamed", language);
    const long long element = finding->element, of = finding->of, value = finding->value;

    switch (filling) {
    case FILL_NONE: words_put(out, language, code); break;
    case FILL_NAME: words_put(out, language, code, name); break;
    case FILL_ELEMENT: words_put(out, language, code, name, element); break;
    case FILL_ELEMENT_NAME: words_put(out, language, code, name, element, name); break;
    case FILL_ELEMENT_NAME_LAST: words_put(out, language, code, name, element, name, of - 1); break;
    case FILL_NAME_ELEMENT_OF: words_put(out, language, code, name, element, of); break;
    case FILL_ELEMENT_OF: words_put(out, language, code, element, of); break;
    case FILL_VALUE: words_put(out, language, code, value); break;
    case FILL_VALUE_NAME: words_put(out, language, code, value, name); break;
    }
}

void report_found(struct buf *out, const struct report *report, int index, enum language language)
{
    const struct wire_finding *finding = &report->finding;

    if (!report->has_finding || finding->index != index)
        return;
    auto_buf struct buf words;
    buf_init(&words, 1024);
    report_found_words(&words, finding, language);
    const char *head = words_of("text_found", language);
    const int column = lines_columns(head);
    buf_text(out, head);
    (void)lines_wrap(out, column, column, words.at);
    buf_text(out, "\n");
    if (finding->line > 0 && finding->source[0] != '\0') {
        char number[40];
        (void)snprintf(number, sizeof number, "%9lld | ", (long long)finding->line); /* fits */
        buf_text(out, number);
        (void)lines_foreign(out, 0, finding->source, 1);
    }
}

void report_found_json(struct json_out *json, const struct wire_finding *finding,
                       enum language language)
{
    const struct row *row = &rows[finding->kind];
    const bool counts = row->filling == FILL_ELEMENT || row->filling == FILL_ELEMENT_NAME ||
                        row->filling == FILL_ELEMENT_NAME_LAST;
    auto_buf struct buf words;

    buf_init(&words, 1024);
    report_found_words(&words, finding, language);
    json_open(json, "finding", '{');
    json_text(json, "kind", found_word(finding->kind));
    json_text(json, "words", words.at);
    if (row->has_access)
        json_text(json, "access", finding->is_write ? "write" : "read");
    if (finding->line > 0)
        json_integer(json, "line", finding->line);
    if (finding->source[0] != '\0')
        json_text(json, "source", finding->source);
    if (finding->name[0] != '\0')
        json_text(json, counts ? "tensor" : "name", finding->name);
    if (counts) {
        json_integer(json, "element", finding->element);
        json_integer(json, "of", finding->of);
    }
    if (finding->place[0] != '\0')
        json_text(json, "place", finding->place);
    json_close(json, '}');
}
