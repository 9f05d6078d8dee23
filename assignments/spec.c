/* Loading specs from files and folders, and everything that is asked of a loaded one. */
#include "assignments/spec.h"

#include "assignments/spec_parts.h"
#include "sandbox/base/buf.h"
#include "sandbox/base/fdio.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct err load_each(struct spec **specs, size_t *count, const char *folder,
                            struct dirent **entries, int entries_count);
static struct err load_one(struct spec **specs, size_t *count, const char *folder,
                           const char *entry);
static int is_visible(const struct dirent *entry);

#define FILE_BYTES_MAX (256 << 10)

const struct spec *spec_find(const struct spec *specs, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(specs[i].name, name) == 0)
            return &specs[i];
    return NULL;
}

struct err spec_load(struct spec *out, const char *path)
{
    auto_buf struct buf text = buf_of(FILE_BYTES_MAX);

    struct err err = fdio_read_file(path, &text);
    if (err_is(err))
        return err;
    return spec_parse(out, text.at, text.size, path);
}

struct err spec_load_all(struct spec **out_specs, size_t *out_count, const char *folder)
{
    struct dirent **entries = NULL;
    struct spec *specs = NULL;
    size_t count = 0;

    int entries_count = scandir(folder, &entries, is_visible, alphasort);
    if (entries_count < 0)
        return err_make(ERR_SYSTEM, "list '%s'", folder);

    struct err err = load_each(&specs, &count, folder, entries, entries_count);
    for (int i = 0; i < entries_count; i++)
        free(entries[i]);
    free(entries);
    if (err_is(err)) {
        free(specs);
        return err;
    }
    *out_specs = specs;
    *out_count = count;
    return err_none();
}

struct err spec_overlay(struct spec *specs, size_t count, const char *folder)
{
    auto_free struct spec *own = NULL;
    size_t own_count = 0;
    struct err err = spec_load_all(&own, &own_count, folder);

    for (size_t i = 0; i < own_count && !err_is(err); i++) {
        size_t at = 0;
        while (at < count && strcmp(specs[at].name, own[i].name) != 0)
            at++;
        if (at == count)
            err = err_make(ERR_INPUT, "%.100s: '%s' is not among the shipped assignments", folder,
                           own[i].name);
        else
            specs[at] = own[i];
    }
    return err;
}

int spec_argument_index(const struct spec *spec, const char *name)
{
    for (int i = 0; i < spec->arguments_count; i++)
        if (strcmp(spec->arguments[i].name, name) == 0)
            return i;
    return -1;
}

int spec_group_index(const struct spec *spec, const char *name)
{
    for (int i = 0; i < spec->groups_count; i++)
        if (strcmp(spec->groups[i].name, name) == 0)
            return i;
    return -1;
}

int spec_case_index(const struct spec *spec, const char *name)
{
    for (int i = 0; i < spec->cases_count; i++)
        if (strcmp(spec->cases[i].name, name) == 0)
            return i;
    return -1;
}

int64_t spec_elements(const struct spec *spec, const struct spec_case *one, int argument)
{
    int64_t elements = 1;

    for (int i = 0; i < spec->arguments[argument].rank; i++) {
        int64_t length = 0;
        struct err err =
            expression_value(&spec->arguments[argument].shape[i], one->values, &length);
        assert(!err_is(err)); /* evaluated once already, when the case was loaded */
        elements *= length;
    }
    return elements;
}

int64_t spec_tensor_bytes(const struct spec *spec, const struct spec_case *one, int argument)
{
    if (!spec_is_tensor(&spec->arguments[argument]))
        return 0;
    int64_t size = spec->arguments[argument].element == SPEC_I8 ? 1 : 4;
    return spec_elements(spec, one, argument) * size;
}

void spec_case_words(const struct spec *spec, const struct spec_case *one, char *out, size_t size)
{
    auto_buf struct buf words = buf_of(4096);

    for (int i = 0; i < spec->arguments_count; i++)
        if (spec->arguments[i].role == SPEC_SIZE)
            buf_printf(&words, "%s%s=%lld", words.size == 0 ? "" : " ", spec->arguments[i].name,
                       (long long)one->values[i]);
    for (int i = 0; i < spec->arguments_count; i++)
        if (spec->arguments[i].role == SPEC_OPTION)
            buf_printf(&words, "  %s=%lld", spec->arguments[i].name, (long long)one->values[i]);
    for (int i = 0; i < spec->parameters_count; i++) {
        const struct spec_parameter *parameter = &spec->parameters[i];
        if (one->parameters[i] == parameter->preset)
            continue;
        if (parameter->is_word)
            buf_printf(&words, "  %s=%s", parameter->name,
                       parameter->words[(int)one->parameters[i]]);
        else
            buf_printf(&words, "  %s=%g", parameter->name, one->parameters[i]);
    }
    (void)snprintf(out, size, "%s", words.at); /* words for people: may be cut */
}

int spec_maximum_unasked(const struct spec *spec)
{
    for (int a = 0; a < spec->arguments_count; a++) {
        const struct spec_argument *argument = &spec->arguments[a];
        bool is_bounded = argument->role == SPEC_SIZE ||
                          (argument->role == SPEC_OPTION && argument->values_count == 0);
        bool asked = !is_bounded;
        for (int c = 0; c < spec->cases_count && !asked; c++)
            asked = !spec->groups[spec->cases[c].group].is_speed &&
                    spec->cases[c].values[a] == argument->max;
        if (!asked)
            return a;
    }
    return -1;
}

double spec_target(const struct spec *spec, const char *class_name)
{
    for (int i = 0; i < spec->classes_count; i++)
        if (strcmp(spec->classes[i].name, class_name) == 0)
            return spec->classes[i].target;
    return 0;
}

double spec_expert(const struct spec *spec, const char *class_name)
{
    for (int i = 0; i < spec->classes_count; i++)
        if (strcmp(spec->classes[i].name, class_name) == 0)
            return spec->classes[i].expert;
    return 0;
}

static struct err load_each(struct spec **specs, size_t *count, const char *folder,
                            struct dirent **entries, int entries_count)
{
    struct err err = err_none();
    for (int i = 0; i < entries_count && !err_is(err); i++)
        err = load_one(specs, count, folder, entries[i]->d_name);
    return err;
}

static struct err load_one(struct spec **specs, size_t *count, const char *folder,
                           const char *entry)
{
    char path[PATH_MAX];
    struct spec_place place = {.file = path};

    int length = snprintf(path, sizeof path, "%s/%s/assignment.json", folder, entry);
    if (length < 0 || (size_t)length >= sizeof path)
        return err_make(ERR_INPUT, "the path of assignment '%.60s' is too long", entry);
    if (access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR))
        return err_none();

    struct spec *grown = realloc(*specs, (*count + 1) * sizeof **specs);
    if (grown == NULL)
        return err_make(ERR_SYSTEM, "memory for assignment '%.60s'", entry);
    *specs = grown;
    struct err err = spec_load(&grown[*count], path);
    if (err_is(err))
        return err;
    if (strcmp(grown[*count].name, entry) != 0)
        return spec_refuse(&place, "name: '%s' is not the folder's", grown[*count].name);
    ++*count;
    return err_none();
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}
