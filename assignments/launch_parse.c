/* Reads launch lines. A line is cut into words at commas outside parentheses; what a word means is
 * decided by the names that are known at that line. */
#include "assignments/launch.h"
#include "sandbox/base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MARK "//@"

/* What is known while a plan is read. */
struct reader {
    struct launch_plan *plan;
    const struct spec *spec;
    const char *source, *end, *next; /* next: the line after the one at hand */
    int line;                        /* number of the line at hand */
    int next_line;
    int repeat; /* the open one, -1: none */
    char text[LAUNCH_LINE_MAX + 1];
};

static struct err refuse(const struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool line_next(struct reader *reader, const char **out_at, size_t *out_size);
static bool is_marked(const char *at, size_t size, const char **out_rest);
static struct err line_join(struct reader *reader, const char *rest, size_t size);
static int depth_of(const char *text);
static struct err line_read(struct reader *reader);
static struct err read_scratch(struct reader *reader, char *rest);
static struct err read_repeat(struct reader *reader, char *rest);
static struct err read_end(struct reader *reader, char *rest);
static struct err read_launch(struct reader *reader, char *rest);
static struct err read_geometry(struct reader *reader, char *text, struct launch_step *step);
static struct err read_three(struct reader *reader, char *text, const char *what, int out[3],
                             int *out_count);
static struct err read_arguments(struct reader *reader, char *text, struct launch_step *step);
static struct err read_argument(struct reader *reader, char *word, struct launch_argument *out);
static struct err read_expression(struct reader *reader, const char *text, int *out);
static struct err check_name(struct reader *reader, const char *name, size_t max);
static bool is_name(const char *name);
static char *cut_word(char **rest);
static int cut_commas(char *text, char *out[], int max);
static char *trim(char *text);

static const struct word {
    const char *name;
    struct err (*read)(struct reader *reader, char *rest);
    const char *usage;
} words[] = {
    {"launch", read_launch, "launch KERNEL<<<GRID, BLOCK>>>(ARGUMENT, ...)"},
    {"scratch", read_scratch, "scratch NAME BYTES"},
    {"repeat", read_repeat, "repeat INDEX COUNT"},
    {"end", read_end, "end"},
};

struct err launch_parse(struct launch_plan *out, const struct spec *spec, const char *source,
                        size_t size)
{
    struct reader reader = {.plan = out,
                            .spec = spec,
                            .source = source,
                            .end = source + size,
                            .next = source,
                            .next_line = 1,
                            .repeat = -1};
    const char *at = NULL, *rest = NULL;
    size_t length = 0;

    memset(out, 0, sizeof *out);
    while (line_next(&reader, &at, &length)) {
        if (!is_marked(at, length, &rest))
            continue;
        struct err err = line_join(&reader, rest, length - (size_t)(rest - at));
        if (!err_is(err))
            err = line_read(&reader);
        if (err_is(err))
            return err;
    }
    if (reader.repeat >= 0) {
        reader.line = out->repeats[reader.repeat].line;
        return refuse(&reader, "this repeat has no '" MARK " end'");
    }
    if (out->steps_count == 0)
        return err_make(ERR_INPUT, "no launch line: say what to launch, as in '" MARK
                                   " launch kernel<<<grid, block>>>(n, x, y)'");
    return err_none();
}

int launch_line_of(const char *source, size_t at)
{
    int line = 1;

    for (size_t i = 0; i < at; i++)
        line += source[i] == '\n';
    return line;
}

static struct err refuse(const struct reader *reader, const char *format, ...)
{
    char reason[128];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(reason, sizeof reason, format, list); /* cut: it is for people */
    va_end(list);
    return err_make(ERR_INPUT, "line %d: %s", reader->line, reason);
}

static bool line_next(struct reader *reader, const char **out_at, size_t *out_size)
{
    if (reader->next >= reader->end)
        return false;
    const char *stop = memchr(reader->next, '\n', (size_t)(reader->end - reader->next));
    if (stop == NULL)
        stop = reader->end;
    *out_at = reader->next;
    *out_size = (size_t)(stop - reader->next);
    reader->next = stop + 1;
    reader->line = reader->next_line++;
    return true;
}

static bool is_marked(const char *at, size_t size, const char **out_rest)
{
    const char *const end = at + size;

    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    if ((size_t)(end - at) < strlen(MARK) || memcmp(at, MARK, strlen(MARK)) != 0)
        return false;
    *out_rest = at + strlen(MARK);
    return true;
}

/* Copies the line, and those after it while a parenthesis is open, into reader->text. The line
 * number stays that of the first. */
static struct err line_join(struct reader *reader, const char *rest, size_t size)
{
    const int first = reader->line;
    const char *at = NULL;
    size_t used = 0;

    for (;;) {
        if (used + size + 1 > LAUNCH_LINE_MAX)
            return refuse(reader, "a launch line of over %d bytes", LAUNCH_LINE_MAX);
        for (size_t i = 0; i < size; i++)
            reader->text[used++] = rest[i] == '\t' || rest[i] == '\r' ? ' ' : rest[i];
        reader->text[used] = '\0';
        if (strlen(reader->text) != used)
            return refuse(reader, "a NUL byte in a launch line");
        const char *const saved = reader->next;
        const int saved_line = reader->next_line;
        if (depth_of(reader->text) <= 0 || !line_next(reader, &at, &size) ||
            !is_marked(at, size, &rest)) {
            if (depth_of(reader->text) > 0) {
                reader->next = saved;
                reader->next_line = saved_line;
            }
            reader->line = first;
            return err_none();
        }
        size -= (size_t)(rest - at);
        reader->text[used++] = ' ';
    }
}

static int depth_of(const char *text)
{
    int depth = 0;

    for (; *text != '\0'; text++)
        depth += *text == '(' ? 1 : *text == ')' ? -1 : 0;
    return depth;
}

static struct err line_read(struct reader *reader)
{
    char *rest = reader->text, shown[40];
    const char *const word = cut_word(&rest);

    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(words[i].name, word) == 0)
            return words[i].read(reader, trim(rest));
    text_quote(word, strlen(word), shown, sizeof shown);
    return refuse(reader, "%s is none of launch, scratch, repeat, end", shown);
}

static struct err read_scratch(struct reader *reader, char *rest)
{
    struct launch_plan *const plan = reader->plan;
    const char *const name = cut_word(&rest);

    if (plan->scratch_count == LAUNCH_SCRATCH_MAX)
        return refuse(reader, "more than %d scratch lines", LAUNCH_SCRATCH_MAX);
    struct launch_scratch *const scratch = &plan->scratch[plan->scratch_count];
    struct err err = check_name(reader, name, sizeof scratch->name);
    if (err_is(err))
        return err;
    (void)text_copy(scratch->name, sizeof scratch->name, name); /* was measured */
    scratch->line = reader->line;
    err = read_expression(reader, trim(rest), &scratch->bytes);
    if (!err_is(err))
        plan->scratch_count++;
    return err;
}

static struct err read_repeat(struct reader *reader, char *rest)
{
    struct launch_plan *const plan = reader->plan;
    const char *const name = cut_word(&rest);

    if (reader->repeat >= 0)
        return refuse(reader, "a repeat within a repeat; there is one level");
    if (plan->repeats_count == LAUNCH_REPEATS_MAX)
        return refuse(reader, "more than %d repeats", LAUNCH_REPEATS_MAX);
    struct launch_repeat *const repeat = &plan->repeats[plan->repeats_count];
    struct err err = check_name(reader, name, sizeof repeat->index);
    if (err_is(err))
        return err;
    (void)text_copy(repeat->index, sizeof repeat->index, name); /* was measured */
    repeat->line = reader->line;
    err = read_expression(reader, trim(rest), &repeat->count);
    if (!err_is(err))
        reader->repeat = plan->repeats_count++;
    return err;
}

static struct err read_end(struct reader *reader, char *rest)
{
    if (*rest != '\0')
        return refuse(reader, "something follows 'end'");
    if (reader->repeat < 0)
        return refuse(reader, "'end' without a repeat");
    reader->repeat = -1;
    return err_none();
}

static struct err read_launch(struct reader *reader, char *rest)
{
    struct launch_plan *const plan = reader->plan;
    char *const open = strstr(rest, "<<<");
    char *const close = open == NULL ? NULL : strstr(open, ">>>");

    if (plan->steps_count == LAUNCH_STEPS_MAX)
        return refuse(reader, "more than %d launch lines", LAUNCH_STEPS_MAX);
    struct launch_step *const step = &plan->steps[plan->steps_count];
    if (close == NULL)
        return refuse(reader, "expected %s", words[0].usage);
    (void)snprintf(step->words, sizeof step->words, "%.*s", (int)(close + 3 - rest), rest);
    *open = *close = '\0';
    const char *const kernel = trim(rest);
    if (!is_name(kernel) || strlen(kernel) >= sizeof step->kernel)
        return refuse(reader, "expected the name of a kernel before <<<");
    (void)text_copy(step->kernel, sizeof step->kernel, kernel); /* was measured */
    step->line = reader->line;
    step->repeat = reader->repeat;
    struct err err = read_geometry(reader, open + 3, step);
    if (!err_is(err))
        err = read_arguments(reader, trim(close + 3), step);
    if (!err_is(err))
        plan->steps_count++;
    return err;
}

static struct err read_geometry(struct reader *reader, char *text, struct launch_step *step)
{
    char *parts[4];
    const int count = cut_commas(text, parts, COUNT(parts));

    if (count != 2 && count != 3)
        return refuse(reader, "<<<GRID, BLOCK>>> or <<<GRID, BLOCK, SHARED>>>, not %d parts",
                      count);
    step->shared = -1;
    struct err err = read_three(reader, parts[0], "grid", step->grid, &step->grid_count);
    if (!err_is(err))
        err = read_three(reader, parts[1], "block", step->block, &step->block_count);
    if (!err_is(err) && count == 3)
        err = read_expression(reader, parts[2], &step->shared);
    return err;
}

/* "EXPRESSION" or "(X, Y)" or "(X, Y, Z)". A parenthesis around one expression is part of it. */
static struct err read_three(struct reader *reader, char *text, const char *what, int out[3],
                             int *out_count)
{
    char *parts[4] = {text};
    const size_t length = strlen(text);
    int count = 1;

    if (length > 2 && text[0] == '(' && text[length - 1] == ')') {
        char inner[LAUNCH_LINE_MAX + 1];
        (void)snprintf(inner, sizeof inner, "%.*s", (int)length - 2, text + 1);
        count = cut_commas(inner, parts, COUNT(parts));
        if (count > 1) {
            text[length - 1] = '\0';
            count = cut_commas(text + 1, parts, COUNT(parts));
        } else
            parts[0] = text;
    }
    if (count > 3)
        return refuse(reader, "the %s has three dimensions at most", what);
    *out_count = count;
    struct err err = err_none();
    for (int i = 0; i < count && !err_is(err); i++)
        err = read_expression(reader, parts[i], &out[i]);
    return err;
}

static struct err read_arguments(struct reader *reader, char *text, struct launch_step *step)
{
    char *parts[LAUNCH_ARGUMENTS_MAX + 1];
    const size_t length = strlen(text);

    if (length < 2 || text[0] != '(' || text[length - 1] != ')' || depth_of(text) != 0)
        return refuse(reader, "expected (ARGUMENT, ...) after >>>");
    text[length - 1] = '\0';
    char *const inner = trim(text + 1);
    const int count = *inner == '\0' ? 0 : cut_commas(inner, parts, COUNT(parts));
    if (count > LAUNCH_ARGUMENTS_MAX)
        return refuse(reader, "more than %d arguments", LAUNCH_ARGUMENTS_MAX);
    struct err err = err_none();
    for (int i = 0; i < count && !err_is(err); i++)
        err = read_argument(reader, parts[i], &step->arguments[i]);
    step->arguments_count = count;
    return err;
}

static struct err read_argument(struct reader *reader, char *word, struct launch_argument *out)
{
    const struct launch_plan *const plan = reader->plan;
    const int known = spec_argument_index(reader->spec, word);

    for (int i = 0; i < plan->scratch_count; i++)
        if (strcmp(plan->scratch[i].name, word) == 0) {
            *out = (struct launch_argument){LAUNCH_SCRATCH, i};
            return err_none();
        }
    if (reader->repeat >= 0 && strcmp(plan->repeats[reader->repeat].index, word) == 0) {
        *out = (struct launch_argument){LAUNCH_INDEX, 0};
        return err_none();
    }
    if (known >= 0 && reader->spec->arguments[known].role == SPEC_SCALAR) {
        *out = (struct launch_argument){LAUNCH_SCALAR, known};
        return err_none();
    }
    if (known >= 0 && reader->spec->arguments[known].role >= SPEC_INPUT) {
        *out = (struct launch_argument){LAUNCH_TENSOR, known};
        return err_none();
    }
    out->kind = LAUNCH_NUMBER;
    return read_expression(reader, word, &out->value);
}

/* Over sizes and options; anything else has no number before the run. */
static struct err read_expression(struct reader *reader, const char *text, int *out)
{
    struct launch_plan *const plan = reader->plan;
    const char *names[SPEC_ARGUMENTS_MAX];

    for (int i = 0; i < reader->spec->arguments_count; i++) {
        const struct spec_argument *const argument = &reader->spec->arguments[i];
        const bool known = argument->role == SPEC_SIZE || argument->role == SPEC_OPTION;
        names[i] = known ? argument->name : ""; /* which nobody can write */
    }
    if (plan->expressions_count == LAUNCH_EXPRESSIONS_MAX)
        return refuse(reader, "more than %d expressions in all", LAUNCH_EXPRESSIONS_MAX);
    struct err err = expression_parse(&plan->expressions[plan->expressions_count], text, names,
                                      (size_t)reader->spec->arguments_count);
    if (err_is(err))
        return refuse(reader, "%.120s", err.text);
    *out = plan->expressions_count++;
    return err_none();
}

/* A name that may be given to something new. */
static struct err check_name(struct reader *reader, const char *name, size_t max)
{
    const struct launch_plan *const plan = reader->plan;
    char shown[40];
    bool taken = spec_argument_index(reader->spec, name) >= 0;

    text_quote(name, strlen(name), shown, sizeof shown);
    if (!is_name(name) || strlen(name) >= max)
        return refuse(reader, "%s is no name of at most %zu letters, digits and _", shown, max - 1);
    for (int i = 0; i < plan->scratch_count; i++)
        taken = taken || strcmp(plan->scratch[i].name, name) == 0;
    return taken ? refuse(reader, "the name %s is taken", shown) : err_none();
}

static bool is_name(const char *name)
{
    if (!isalpha((unsigned char)*name) && *name != '_')
        return false;
    while (isalnum((unsigned char)*name) || *name == '_')
        name++;
    return *name == '\0';
}

/* Ends the first word with a 0 byte and moves *rest behind it. */
static char *cut_word(char **rest)
{
    char *const word = *rest + strspn(*rest, " ");
    char *const stop = word + strcspn(word, " ");

    *rest = *stop == '\0' ? stop : stop + 1;
    *stop = '\0';
    return word;
}

/* Cuts at commas outside parentheses; gives the number of parts, max at most. */
static int cut_commas(char *text, char *out[], int max)
{
    int depth = 0, count = 0;
    char *start = text;

    for (char *at = text; count < max; at++) {
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
        if (*at != '\0' && (*at != ',' || depth != 0))
            continue;
        const bool last = *at == '\0';
        *at = '\0';
        out[count++] = trim(start);
        start = at + 1;
        if (last)
            break;
    }
    return count;
}

static char *trim(char *text)
{
    text += strspn(text, " ");
    for (size_t length = strlen(text); length > 0 && text[length - 1] == ' '; length--)
        text[length - 1] = '\0';
    return text;
}
