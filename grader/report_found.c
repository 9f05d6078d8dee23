/* What a diagnosis build found, in words. One row of the table of sentences per kind; a kind that
 * reads or writes has two. */
#include "grader/report_parts.h"
#include "grader/words.h"
#include "sandbox/base/json_out.h"

#include <stdio.h>

#define ENDLESS_TIMES 1000 /* no honest program is so much slower than plain loops */

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
    [FOUND_SLOW] = {false, FILL_NONE},
};

static void fill(struct buf *out, const struct wire_finding *finding, enum language language,
                 enum filling filling, const char *code);
static int64_t rounded(int64_t value);
static const char *grouped(int64_t value, char *out, size_t size);
static bool has_odd_size(const struct report *report, int index);

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

    if (!report->has_finding || finding->index != index || finding->kind == FOUND_SLOW)
        return;
    auto_buf struct buf words = buf_of(1024);
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

bool report_slow(struct buf *out, const struct report *report, int index, enum language language)
{
    const struct wire_finding *finding = &report->finding;
    const struct wire_case *one = &report->cases[index];
    char number[40];

    if (!report->has_finding || finding->index != index || finding->kind != FOUND_SLOW ||
        finding->value < 1 || !(one->cpu_ms > 0 && one->cpu_ms < 1e9))
        return false;
    const int64_t times = (int64_t)(one->cpu_ms * 1e6 / (double)finding->value);
    const bool endless = times >= ENDLESS_TIMES;
    words_put(out, language, endless ? "slow_endless" : "slow_code",
              grouped(rounded(times), number, sizeof number));
    if (endless && has_odd_size(report, index))
        buf_text(out, words_of("slow_odd", language));
    return true;
}

double report_baseline_ms(const struct report *report, int index)
{
    const bool known =
        report->has_finding && report->finding.index == index && report->finding.kind == FOUND_SLOW;
    return known ? (double)report->finding.value / 1e6 : -1;
}

/* Two digits say all that one measurement knows. */
static int64_t rounded(int64_t value)
{
    int64_t unit = 1;

    while (value / unit >= 100)
        unit *= 10;
    return value / unit * unit;
}

/* 500,000 */
static const char *grouped(int64_t value, char *out, size_t size)
{
    char digits[32];
    const int length = snprintf(digits, sizeof digits, "%lld", (long long)value); /* fits */
    size_t used = 0;

    for (int i = 0; i < length && used + 2 < size; i++) {
        out[used++] = digits[i];
        if ((length - i) % 3 == 1 && i + 1 < length)
            out[used++] = ',';
    }
    out[used] = '\0';
    return out;
}

/* A size that steps of 4 do not meet. */
static bool has_odd_size(const struct report *report, int index)
{
    const struct spec *spec = report->spec;

    for (int i = 0; i < spec->arguments_count; i++)
        if (spec->arguments[i].role == SPEC_SIZE && spec->cases[index].values[i] > 4 &&
            spec->cases[index].values[i] % 4 != 0)
            return true;
    return false;
}

void report_found_json(struct json_out *json, const struct report *report, enum language language)
{
    const struct wire_finding *finding = &report->finding;
    const struct row *row = &rows[finding->kind];
    const bool counts = row->filling == FILL_ELEMENT || row->filling == FILL_ELEMENT_NAME ||
                        row->filling == FILL_ELEMENT_NAME_LAST;
    auto_buf struct buf words = buf_of(1024);

    if (!report_slow(&words, report, finding->index, language))
        report_found_words(&words, finding, language);
    json_open(json, "finding", '{');
    json_text(json, "kind", found_word(finding->kind));
    json_text(json, "words", words.at);
    if (row->has_access)
        json_text(json, "access", finding->is_write ? "write" : "read");
    if (finding->kind == FOUND_SLOW)
        json_real(json, "baseline_ms", report_baseline_ms(report, finding->index), 4);
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
