/* Line by line: "NAME(LINE): error: …" is a report, "ptxas …" says what is spilled, and of the rest
 * only excerpts (indented) are kept. */
#include "worker/cuda_log.h"

#include "sandbox/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 2000
#define SPILL_BYTES_MAX 1000000000

struct reader {
    struct buf *reports;
    struct wire_kernel *kernels;
    int count;
    struct wire_kernel *now; /* whose lines come; NULL: of none that is told */
};

static void line_read(struct reader *reader, const char *line);
static bool read_assembler(struct reader *reader, const char *line);
static void read_entry(struct reader *reader, const char *name);
static bool read_report(struct reader *reader, const char *line);
static int64_t number_before(const char *line, const char *words);

int cuda_log_read(const char *text, size_t size, struct buf *reports,
                  struct wire_kernel out_kernels[WIRE_KERNELS_MAX])
{
    struct reader reader = {.reports = reports, .kernels = out_kernels};
    char line[LINE_MAX_BYTES];

    for (size_t at = 0; at < size;) {
        const char *const end = memchr(text + at, '\n', size - at);
        const size_t length = end == NULL ? size - at : (size_t)(end - text) - at;
        (void)snprintf(line, sizeof line, "%.*s",
                       (int)(length < sizeof line ? length : sizeof line - 1), text + at);
        line_read(&reader, line);
        at += length + 1;
    }
    return reader.count;
}

static void line_read(struct reader *reader, const char *line)
{
    if (read_report(reader, line) || read_assembler(reader, line) || line[0] != ' ')
        return;
    if (line[strspn(line, " ")] != '\0') /* an excerpt of the source, or the mark below it */
        buf_printf(reader->reports, "%s\n", line);
}

/* True for a line of the assembler. */
static bool read_assembler(struct reader *reader, const char *line)
{
    static const char entry[] = CUDA_LOG_ASSEMBLER " info    : Compiling entry function '";
    static const char error[] = CUDA_LOG_ASSEMBLER " error";
    static const char fatal[] = CUDA_LOG_ASSEMBLER " fatal";
    static const char any[] = CUDA_LOG_ASSEMBLER " ";
    static const char more[] = CUDA_LOG_ASSEMBLER "         . ";

    if (strncmp(line, error, strlen(error)) == 0 || strncmp(line, fatal, strlen(fatal)) == 0) {
        buf_printf(reader->reports, "%s: error: %s\n", CUDA_LOG_ASSEMBLER,
                   line + strcspn(line, ":") + (strchr(line, ':') != NULL));
    } else if (strncmp(line, entry, strlen(entry)) == 0) {
        read_entry(reader, line + strlen(entry));
    } else if (strncmp(line, more, strlen(more)) == 0 && reader->now != NULL) {
        const int64_t stores = number_before(line, " bytes spill stores");
        const int64_t loads = number_before(line, " bytes spill loads");
        if (stores >= 0 && stores + (loads > 0 ? loads : 0) <= SPILL_BYTES_MAX)
            reader->now->spill_bytes = stores + (loads > 0 ? loads : 0);
    }
    return strncmp(line, any, strlen(any)) == 0;
}

/* name: up to a quote. */
static void read_entry(struct reader *reader, const char *name)
{
    reader->now = NULL;
    if (reader->count == WIRE_KERNELS_MAX)
        return;
    reader->now = &reader->kernels[reader->count++];
    *reader->now = (struct wire_kernel){.registers = 0};
    (void)snprintf(reader->now->name, sizeof reader->now->name, "%.*s", (int)strcspn(name, "'"),
                   name);
    for (char *c = reader->now->name; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

/* "NAME(12): error: …", "NAME(12): warning #177-D: …", "NAME(1): catastrophic error: …" */
static bool read_report(struct reader *reader, const char *line)
{
    static const struct word {
        const char *says, *means;
    } words[] = {
        {"catastrophic error", "fatal error"},
        {"error", "error"},
        {"warning", "warning"},
        {"remark", "note"},
    };
    const char *const open = strchr(line, '(');
    const char *const close = open == NULL ? NULL : strstr(open, "): ");

    if (line[0] == ' ' || close == NULL || close == open + 1 ||
        strspn(open + 1, "0123456789") != (size_t)(close - open - 1))
        return false;
    const char *rest = close + 3;
    for (size_t i = 0; i < COUNT(words); i++) {
        if (strncmp(rest, words[i].says, strlen(words[i].says)) != 0)
            continue;
        rest += strlen(words[i].says);
        rest += strncmp(rest, " #", 2) == 0 ? strcspn(rest, ":") : 0;
        buf_printf(reader->reports, "%.*s:%.*s: %s%s\n", (int)(open - line), line,
                   (int)(close - open - 1), open + 1, words[i].means, rest);
        return true;
    }
    return false;
}

/* The number in front of the words, -1 if they are not there. */
static int64_t number_before(const char *line, const char *words)
{
    const char *at = strstr(line, words);
    const char *start = at;

    while (start != NULL && start > line && start[-1] >= '0' && start[-1] <= '9')
        start--;
    return at == NULL || start == at || at - start > 12 ? -1 : strtoll(start, NULL, 10);
}
