/* The corpus: which files there are, what their first lines promise, and how they are compiled.
 *
 * The first line says what is expected (assignments/expectation.h), and why a case is spared, the
 * third.
 * A second line, compilers: gcc, says that the file is for one compiler only. */
#include "tests/meta.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define META_LINE_BYTES 512

static struct err find_folder(struct meta *meta, bool is_wrong);
static struct err command(const char *format, ...) __attribute__((format(printf, 1, 2)));
static struct err read_expectation(const struct meta *meta, struct meta_variant *variant);
static struct err add(struct meta *meta, const char *folder, const char *file, bool is_wrong,
                      struct meta_variant **out);
static int is_c_file(const struct dirent *entry);
static bool is_for(const struct meta_variant *variant, const char *build);

struct err meta_find(struct meta *meta)
{
    static const char *const reference[] = {"baseline.c", "expert.c"};
    char folder[META_PATH_BYTES / 2];
    struct meta_variant *ignored;
    struct err err = err_none();

    /* What we measure against, and what we measure targets with, must be right too. */
    (void)snprintf(folder, sizeof folder, "reference/%s", meta->assignment);
    for (size_t i = 0; i < COUNT(reference) && !err_is(err); i++)
        err = add(meta, folder, reference[i], false, &ignored);
    if (!err_is(err))
        err = find_folder(meta, false);
    if (!err_is(err))
        err = find_folder(meta, true);
    return err;
}

struct err meta_compile_adapter(const struct meta *meta, const char *build)
{
    return command("%s -std=gnu11 -w -fPIC -c -Iassignments/%s -o %s/adapter.o %s/adapter.c", build,
                   meta->assignment, meta->work, meta->work);
}

struct err meta_compile(const struct meta *meta, const char *build,
                        const struct meta_variant *variant, bool *out_built)
{
    *out_built = is_for(variant, build);
    if (!*out_built)
        return err_none();
    return command("%s -std=gnu11 -w -fPIC -shared -Iassignments/%s -o %s/variant.so %s "
                   "%s/adapter.o -lm",
                   build, meta->assignment, meta->work, variant->path, meta->work);
}

static struct err command(const char *format, ...)
{
    char text[2 * META_PATH_BYTES];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof text)
        return err_make(ERR_INPUT, "a command is too long: %.60s", text);
    if (system(text) != 0) /* NOLINT(cert-env33-c): our own files and flags */
        return err_make(ERR_INPUT, "failed: %.140s", text);
    return err_none();
}

static struct err find_folder(struct meta *meta, bool is_wrong)
{
    char folder[META_PATH_BYTES / 2];
    struct dirent **entries = NULL;
    struct err err = err_none();

    (void)snprintf(folder, sizeof folder, "tests/submissions/%s/%s", meta->assignment,
                   is_wrong ? "wrong" : "correct");
    int count = scandir(folder, &entries, is_c_file, alphasort);
    if (count < 0)
        return err_make(ERR_SYSTEM, "list '%s'", folder);
    for (int i = 0; i < count; i++) {
        struct meta_variant *variant = NULL;
        if (!err_is(err))
            err = add(meta, folder, entries[i]->d_name, is_wrong, &variant);
        if (!err_is(err) && variant != NULL)
            err = read_expectation(meta, variant);
        free(entries[i]);
    }
    free(entries);
    return err;
}

static struct err add(struct meta *meta, const char *folder, const char *file, bool is_wrong,
                      struct meta_variant **out)
{
    if (meta->variants_count == META_VARIANTS_MAX)
        return err_make(ERR_LIMIT, "more than %d variants", META_VARIANTS_MAX);
    struct meta_variant *variant = &meta->variants[meta->variants_count++];
    variant->is_wrong = is_wrong;
    (void)snprintf(variant->path, sizeof variant->path, "%s/%s", folder, file);
    (void)snprintf(variant->name, sizeof variant->name, "%.*s", (int)strlen(file) - 2, file);
    *out = variant;
    return err_none();
}

static struct err read_expectation(const struct meta *meta, struct meta_variant *variant)
{
    char line[META_LINE_BYTES] = "";
    FILE *file = fopen(variant->path, "re");
    if (file == NULL)
        return err_make(ERR_SYSTEM, "open '%s'", variant->path);
    if (fgets(line, sizeof line, file) == NULL)
        line[0] = '\0'; /* then there is no expectation */
    (void)fclose(file); /* read only */

    struct err err = expectation_read(&variant->expected, meta->spec, line);
    if (err_is(err))
        return err_make(ERR_INPUT, "%s: %s", variant->path, err.text);
    if (!variant->expected.is_given || variant->expected.is_wrong != variant->is_wrong)
        return err_make(ERR_INPUT, "%s: the first line does not expect '%s'", variant->path,
                        variant->is_wrong ? "wrong" : "pass");
    return err_none();
}

/* Files with intrinsics, and experts, are written for a machine class: without one they need not
 * compile. A second line may name compilers. */
static bool is_for(const struct meta_variant *variant, const char *build)
{
    static const char key[] = "/* compilers: ";
    char line[256] = "", compiler[32] = "";
    bool has_class = strstr(build, "-march=") != NULL, fits = true;

    if (strcmp(variant->name, "expert") == 0 && !has_class)
        return false;
    FILE *file = fopen(variant->path, "re");
    if (file == NULL)
        return true; /* the compiler will say what is wrong */
    (void)snprintf(compiler, sizeof compiler, "%.*s", (int)strcspn(build, " "), build);
    while (fits && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0)
            fits = strncmp(line + strlen(key), compiler, strlen(compiler)) == 0;
        else if (strncmp(line, "#include <immintrin.h>", 22) == 0)
            fits = has_class;
    }
    (void)fclose(file); /* read only */
    return fits;
}

static int is_c_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 2 && strcmp(entry->d_name + length - 2, ".c") == 0;
}
