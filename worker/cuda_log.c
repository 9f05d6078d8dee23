/* Line by line: "NAME(LINE): error: …" is a report, "ptxas …" are resources, and of the rest only
 * excerpts (indented) are kept. */
#include "worker/cuda_log.h"

#include "sandbox/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 2000

struct reader {
    struct buf *reports;
    struct wire_kernel *kernels;
    int count;
};

static void line_read(struct reader *reader, const char *line);
static void read_ptxas(struct reader *reader, const char *line);
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
    if (strncmp(line, "ptxas", 5) == 0) {
        read_ptxas(reader, line);
        return;
    }
    if (read_report(reader, line) || line[0] != ' ')
        return;
    if (line[strspn(line, " ")] != '\0') /* an excerpt of the source, or the mark below it */
        buf_printf(reader->reports, "%s\n", line);
}

static void read_ptxas(struct reader *reader, const char *line)
{
    static const char entry[] = "Compiling entry function '";
    const char *const at = strstr(line, entry);

    if (at != NULL && reader->count < WIRE_KERNELS_MAX) {
        struct wire_kernel *const kernel = &reader->kernels[reader->count++];
        *kernel = (struct wire_kernel){.registers = 0};
        (void)snprintf(kernel->name, sizeof kernel->name, "%.*s",
                       (int)strcspn(at + strlen(entry), "'"), at + strlen(entry));
        for (char *c = kernel->name; *c != '\0'; c++)
            if (*c < ' ' || *c > '~')
                *c = '?';
        return;
    }
    if (strstr(line, "ptxas error") == line || strstr(line, "ptxas fatal") == line)
        buf_printf(reader->reports, "ptxas: error: %s\n", line + strcspn(line, ":") + 1);
    if (reader->count == 0 || at != NULL)
        return;
    struct wire_kernel *const kernel = &reader->kernels[reader->count - 1];
    const int64_t stores = number_before(line, " bytes spill stores");
    const int64_t loads = number_before(line, " bytes spill loads");
    const int64_t registers = number_before(line, " registers");
    const int64_t shared = number_before(line, " bytes smem");
    if (stores >= 0)
        kernel->spill_bytes = stores + (loads > 0 ? loads : 0);
    if (registers >= 0)
        kernel->registers = (int)registers;
    if (shared >= 0)
        kernel->shared_bytes = shared;
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
