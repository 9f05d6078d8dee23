/* Parsing by table: each row knows where its value goes, its unit and its default. */
#include "sandbox/command_options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TIME, SIZE, NUMBER, WORD, WORDS_PUT, WORDS_GET, FLAG };

#define AT(field) offsetof(struct command_options, field)

/* clang-format off */
static const struct option {
    const char *name;
    enum kind kind;
    size_t at;
    const char *preset;
    const char *help;
} options[] = {
    {"--wall",           TIME,      AT(wall_ms),        "10s",    "wall time of the whole run: 500ms, 2s, 1m"},
    {"--cpu",            TIME,      AT(cpu_ms),         "10s",    "CPU time of all threads together"},
    {"--memory",         SIZE,      AT(memory_bytes),   "256M",   "private memory: 64M, 1G"},
    {"--stack",          SIZE,      AT(stack_bytes),    "8M",     "stack"},
    {"--output",         SIZE,      AT(output_bytes),   "1M",     "bytes of any one file or stream written"},
    {"--threads",        NUMBER,    AT(threads),        "1",      "threads at once; more than 1 needs another profile"},
    {"--pin",            NUMBER,    AT(pin),            "",       "processor to run on; anywhere without it"},
    {"--profile",        WORD,      AT(profile),        "kernel", "kernel, threads, compile or gpu-launcher"},
    {"--gpu",            NUMBER,    AT(gpu),            "0",      "gpu-launcher: the device, /dev/nvidiaN"},
    {"--backend",        WORD,      AT(backend),        "",       "cgroup-v2, cgroup-v1 or rlimits; the best without it"},
    {"--in",             WORD,      AT(in),             "",       "file for its standard input; empty without it"},
    {"--out",            WORD,      AT(out),            "",       "file for its standard output; ours without it"},
    {"--err",            WORD,      AT(err),            "",       "file for its standard error; ours without it"},
    {"--put",            WORDS_PUT, 0,                  "",       "compile: copies a file into /work (up to 6 times)"},
    {"--get",            WORDS_GET, 0,                  "",       "compile: copies a file out of /work (up to 6 times)"},
    {"--require=cgroup", FLAG,      AT(require_cgroup), "",       "refuses to run with resource limits alone"},
    {"--json",           FLAG,      AT(json),           "",       "prints the result as one JSON object and nothing else"},
    {"--help",           FLAG,      AT(help),           "",       "prints this"},
};
/* clang-format on */

static const struct option *find_option(const char *word);
static struct err store(struct command_options *out, const struct option *option,
                        const char *value);
static bool parse_number(const char *text, enum kind kind, uint64_t *out_value);

struct err command_parse(int argc, char **argv, struct command_options *out)
{
    *out = (struct command_options){.pin = UINT64_MAX};
    struct err err = err_none();
    for (size_t i = 0; i < COUNT(options) && !err_is(err); i++) {
        if (options[i].kind == WORD || options[i].preset[0] != '\0')
            err = store(out, &options[i], options[i].preset);
    }
    int at = 1;
    for (; at < argc && argv[at][0] == '-' && !err_is(err); at++) {
        if (strcmp(argv[at], "--") == 0) {
            at++;
            break;
        }
        const struct option *option = find_option(argv[at]);
        if (option == NULL)
            return err_make(ERR_INPUT, "no option '%.40s'", argv[at]);
        if (option->kind != FLAG && at + 1 >= argc)
            return err_make(ERR_INPUT, "%s wants a value: %s", option->name, option->help);
        err = store(out, option, option->kind == FLAG ? "" : argv[++at]);
    }
    out->program = argv + at;
    if (!err_is(err) && !out->help && at >= argc)
        err = err_make(ERR_INPUT, "no program named");
    return err;
}

void command_options_help(void)
{
    for (size_t i = 0; i < COUNT(options); i++)
        printf("  %-17s %s%s%s%s\n", options[i].name, options[i].help,
               options[i].preset[0] == '\0' ? "" : " (", options[i].preset,
               options[i].preset[0] == '\0' ? "" : ")");
}

static const struct option *find_option(const char *word)
{
    for (size_t i = 0; i < COUNT(options); i++) {
        if (strcmp(options[i].name, word) == 0)
            return &options[i];
    }
    return NULL;
}

static struct err store(struct command_options *out, const struct option *option, const char *value)
{
    char *field = (char *)out + option->at;
    uint64_t number;
    bool more = false;
    switch (option->kind) {
    case FLAG: *(bool *)(void *)field = true; return err_none();
    case WORD: memcpy(field, &value, sizeof value); return err_none();
    case WORDS_PUT:
        more = out->put_count < SANDBOX_FILES_MAX;
        if (more)
            out->put[out->put_count++] = value;
        break;
    case WORDS_GET:
        more = out->get_count < SANDBOX_FILES_MAX;
        if (more)
            out->get[out->get_count++] = value;
        break;
    case TIME:
    case SIZE:
    case NUMBER:
        if (!parse_number(value, option->kind, &number))
            return err_make(ERR_INPUT, "%s '%.20s': %s", option->name, value, option->help);
        memcpy(field, &number, sizeof number);
        return err_none();
    }
    return more ? err_none()
                : err_make(ERR_INPUT, "%s more than %d times", option->name, SANDBOX_FILES_MAX);
}

static bool parse_number(const char *text, enum kind kind, uint64_t *out_value)
{
    static const struct unit {
        const char *name;
        enum kind kind;
        uint64_t factor;
    } units[] = {
        {"", NUMBER, 1},      {"ms", TIME, 1},      {"s", TIME, 1000},
        {"m", TIME, 60000},   {"", SIZE, 1},        {"K", SIZE, 1 << 10},
        {"M", SIZE, 1 << 20}, {"G", SIZE, 1 << 30}, {"T", SIZE, 1ULL << 40},
    };
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    for (size_t i = 0; i < COUNT(units) && errno == 0; i++) {
        if (units[i].kind == kind && strcmp(units[i].name, end) == 0)
            return !__builtin_mul_overflow(number, units[i].factor, out_value);
    }
    return false;
}
