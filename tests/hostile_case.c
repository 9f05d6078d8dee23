/* Reading the headers of tests/hostile, and comparing ends with them. */
#include "tests/hostile_case.h"

#include "sandbox/base/buf.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "tests/entry32.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE_MAX ((size_t)1 << 20)

static struct err read_family(const char *folder, const char *family, struct hostile_case *cases,
                              size_t max, size_t *count);
static struct err read_case(struct hostile_case *given);
static struct err take_line(struct hostile_case *given, const char *line, size_t length);
static struct err take_value(struct hostile_case *given, const char *key, const char *value);
static struct err take_profile(struct hostile_case *given, const char *value);
static bool fits_one(const char *wanted, const struct sandbox_result *result,
                     enum sandbox_backend backend);
static bool condition_holds(const char *word, enum sandbox_backend backend);
static int by_name(const void *a, const void *b);

static const char *const families[] = {"resource", "disclosure", "tamper", "surface", "compile"};

struct err hostile_cases_read(const char *folder, struct hostile_case *cases, size_t max,
                              size_t *out_count)
{
    size_t count = 0;
    for (size_t i = 0; i < COUNT(families); i++) {
        size_t before = count;
        struct err err = read_family(folder, families[i], cases, max, &count);
        if (err_is(err))
            return err;
        qsort(cases + before, count - before, sizeof *cases, by_name);
    }
    *out_count = count;
    return err_none();
}

void hostile_case_end(const struct sandbox_result *result, char *out, size_t out_size)
{
    char detail[40] = "";
    bool cut = result->files_cut && result->end == SANDBOX_EXITED && result->exit_code == 0;
    if (result->end == SANDBOX_EXITED)
        (void)snprintf(detail, sizeof detail, " %d", result->exit_code);
    else if (result->end == SANDBOX_SIGNALLED && sigabbrev_np(result->signal) != NULL)
        (void)snprintf(detail, sizeof detail, " %s", sigabbrev_np(result->signal));
    else if (result->end == SANDBOX_FORBIDDEN_CALL && result->syscall_name[0] != '\0')
        (void)snprintf(detail, sizeof detail, " %s", result->syscall_name);
    (void)snprintf(out, out_size, "%s%s%s", sandbox_end_word(result->end), detail,
                   cut ? " cut" : "");
}

bool hostile_case_fits(const struct hostile_case *given, const struct sandbox_result *result,
                       enum sandbox_backend backend)
{
    char text[sizeof given->expect];
    char *rest = NULL;
    (void)text_copy(text, sizeof text, given->expect); /* same size */
    for (char *one = strtok_r(text, "|", &rest); one != NULL; one = strtok_r(NULL, "|", &rest)) {
        if (fits_one(one, result, backend))
            return true;
    }
    return false;
}

static struct err read_family(const char *folder, const char *family, struct hostile_case *cases,
                              size_t max, size_t *count)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, family);
    DIR *directory = opendir(path);
    if (directory == NULL)
        return err_make(ERR_SYSTEM, "open %s", path);
    struct err err = err_none();
    for (const struct dirent *entry; !err_is(err) && (entry = readdir(directory)) != NULL;) {
        struct hostile_case *given = &cases[*count];
        const char *ending = strrchr(entry->d_name, '.');
        if (entry->d_name[0] == '.' || ending == NULL || *count == max)
            continue;
        (void)text_copy(given->family, sizeof given->family, family);
        (void)snprintf(given->name, sizeof given->name, "%s/%.*s", family,
                       (int)(ending - entry->d_name), entry->d_name);
        (void)snprintf(given->path, sizeof given->path, "%.80s/%.70s", path, entry->d_name);
        (void)snprintf(given->file, sizeof given->file, "a%.8s", ending);
        given->threads = 1;
        err = read_case(given);
        (*count)++;
    }
    (void)closedir(directory); /* was only read */
    return err;
}

static struct err read_case(struct hostile_case *given)
{
    auto_buf struct buf text = buf_of(SOURCE_MAX);
    struct err err = fdio_read_file(given->path, &text);
    const char *at = text.at;
    const char *end = text.at + text.size;
    for (int line = 0; !err_is(err) && line < 12 && at < end; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            break;
        err = take_line(given, at, (size_t)(stop - at));
        if (!err_is(err) && line == 0 && given->expect[0] == '\0')
            err = err_make(ERR_INPUT, "%s: the first line is no expectation", given->path);
        at = stop + 1;
    }
    return err;
}

static struct err take_line(struct hostile_case *given, const char *line, size_t length)
{
    char text[200], key[16], value[180];
    if (length >= sizeof text || length < 7 || memcmp(line, "/* ", 3) != 0 ||
        memcmp(line + length - 3, " */", 3) != 0)
        return err_none();
    memcpy(text, line + 3, length - 6);
    text[length - 6] = '\0';
    if (sscanf(text, "%15[a-z]: %179[^\n]", key, value) != 2)
        return err_none();
    return take_value(given, key, value);
}

static struct err take_value(struct hostile_case *given, const char *key, const char *value)
{
    bool whole = true;
    if (strcmp(key, "expect") == 0)
        whole = text_copy(given->expect, sizeof given->expect, value);
    else if (strcmp(key, "says") == 0)
        whole = text_copy(given->says, sizeof given->says, value);
    else if (strcmp(key, "file") == 0)
        whole = text_copy(given->file, sizeof given->file, value);
    else if (strcmp(key, "profile") == 0)
        return take_profile(given, value);
    else if (strcmp(key, "run") == 0 && given->runs_count < HOSTILE_RUNS_MAX)
        whole = text_copy(given->runs[given->runs_count++], sizeof given->runs[0], value);
    else
        return err_make(ERR_INPUT, "%s: '%s' is no header", given->path, key);
    return whole ? err_none() : err_make(ERR_INPUT, "%s: '%s' is too long", given->path, key);
}

static struct err take_profile(struct hostile_case *given, const char *value)
{
    given->threads = 1;
    if (strncmp(value, "threads ", 8) == 0) {
        given->profile = SANDBOX_THREADS;
        given->threads = (unsigned)strtoul(value + 8, NULL, 10); /* the sandbox refuses nonsense */
    } else if (strcmp(value, "compile") == 0) {
        given->profile = SANDBOX_COMPILE;
    } else {
        return err_make(ERR_INPUT, "%s: profile '%s'", given->path, value);
    }
    return err_none();
}

static bool fits_one(const char *wanted, const struct sandbox_result *result,
                     enum sandbox_backend backend)
{
    char text[160], plain[160] = "", got[96];
    char *rest = NULL;
    (void)text_copy(text, sizeof text, wanted); /* part of a field of this size */
    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (word[0] == '@' && !condition_holds(word, backend))
            return false;
        if (word[0] == '@')
            continue;
        size_t used = strlen(plain);
        (void)snprintf(plain + used, sizeof plain - used, "%s%s", used > 0 ? " " : "", word);
    }
    hostile_case_end(result, got, sizeof got);
    return strcmp(plain, got) == 0;
}

static bool condition_holds(const char *word, enum sandbox_backend backend)
{
    if (strcmp(word, "@no32bit") == 0)
        return !entry32_here();
    return (strcmp(word, "@rlimits") == 0) == (backend == SANDBOX_RLIMITS);
}

static int by_name(const void *a, const void *b)
{
    const struct hostile_case *first = a, *second = b;
    return strcmp(first->name, second->name);
}
