/* Which CUDA sources there are, and what their first lines promise. */
#include "tests/unit/support/cuda_corpus.h"

#include "sandbox/base/text.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In the order of the table that is printed. */
static const struct place {
    const char *folder; /* with the assignment's name */
    const char *prefix; /* of names; NULL: `only` alone */
    const char *only;
    bool promises; /* its first lines do; otherwise every case is right */
} places[] = {
    {"reference/%s", NULL, "baseline.cu", false},
    {"reference/%s", NULL, "expert.cu", false},
    {"tests/submissions/%s/cuda", NULL, "naive.cu", true},
    {"tests/submissions/%s/cuda/correct", "correct/", NULL, true},
    {"tests/submissions/%s/cuda/wrong", "wrong/", NULL, true},
    {"tests/submissions/%s/cuda/hostile", "hostile/", NULL, true},
};

static struct err find_place(struct cuda_corpus *corpus, const struct place *place);
static struct err add(struct cuda_corpus *corpus, const struct place *place, const char *folder,
                      const char *file);
static struct err read_promise(const struct spec *spec, struct cuda_corpus_source *source,
                               bool *out_take);
static int is_source(const struct dirent *entry);

bool cuda_corpus_built(void)
{
    const char *const build = getenv("BUILD");
    char path[300];

    (void)snprintf(path, sizeof path, "%s/tests/cuda/reference/attention/baseline.so",
                   build == NULL ? "build" : build);
    return access(path, R_OK) == 0;
}

struct err cuda_corpus_find(struct cuda_corpus *out, const struct spec *spec)
{
    struct err err = err_none();

    out->spec = spec;
    out->sources_count = 0;
    for (size_t i = 0; i < COUNT(places) && !err_is(err); i++)
        err = find_place(out, &places[i]);
    return err;
}

static struct err find_place(struct cuda_corpus *corpus, const struct place *place)
{
    char folder[120], path[200];
    struct dirent **entries = NULL;
    struct err err = err_none();

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* of the table above */
    (void)snprintf(folder, sizeof folder, place->folder, corpus->spec->name);
#pragma GCC diagnostic pop
    if (place->only != NULL) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, place->only);
        return access(path, R_OK) < 0 ? err : add(corpus, place, folder, place->only);
    }
    const int count = scandir(folder, &entries, is_source, alphasort);
    for (int i = 0; i < count; i++) { /* -1: no such folder */
        if (!err_is(err))
            err = add(corpus, place, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return err;
}

static struct err add(struct cuda_corpus *corpus, const struct place *place, const char *folder,
                      const char *file)
{
    if (corpus->sources_count == CUDA_CORPUS_MAX)
        return err_make(ERR_LIMIT, "more than %d sources", CUDA_CORPUS_MAX);
    struct cuda_corpus_source *const source = &corpus->sources[corpus->sources_count];
    bool take = true;

    *source = (struct cuda_corpus_source){.is_wrong = false};
    (void)snprintf(source->path, sizeof source->path, "%s/%s", folder, file);
    (void)snprintf(source->name, sizeof source->name, "%s%.*s",
                   place->prefix == NULL ? "" : place->prefix, (int)strlen(file) - 3, file);
    struct err err = place->promises ? read_promise(corpus->spec, source, &take) : err_none();
    if (!err_is(err) && take)
        corpus->sources_count++;
    return err;
}

/* out_take is false for a source that promises another end, which only a device can show. */
static struct err read_promise(const struct spec *spec, struct cuda_corpus_source *source,
                               bool *out_take)
{
    static const char pass[] = "/* expect: pass.", wrong[] = "/* expect: wrong";
    char line[300] = "", *rest = NULL;
    FILE *const file = fopen(source->path, "re");

    if (file == NULL)
        return err_make(ERR_SYSTEM, "open '%s'", source->path);
    const bool has_line = fgets(line, sizeof line, file) != NULL;
    (void)fclose(file); /* read only */
    source->is_wrong = strncmp(line, wrong, strlen(wrong)) == 0;
    *out_take = source->is_wrong || strncmp(line, pass, strlen(pass)) == 0;
    if (!has_line || strncmp(line, "/* expect: ", 11) != 0)
        return err_make(ERR_INPUT, "%s: first line: expected /* expect:", source->path);
    if (!source->is_wrong)
        return err_none();
    char *const stop = strchr(line, '.');
    if (stop == NULL)
        return err_make(ERR_INPUT, "%s: first line: expected a full stop", source->path);
    *stop = '\0';
    for (const char *word = strtok_r(line + strlen(wrong), " ,", &rest); word != NULL;
         word = strtok_r(NULL, " ,", &rest)) {
        const int group = spec_group_index(spec, word);
        if (group < 0)
            return err_make(ERR_INPUT, "%s: no group '%s'", source->path, word);
        source->groups |= 1U << group;
    }
    return err_none();
}

static int is_source(const struct dirent *entry)
{
    const size_t length = strlen(entry->d_name);
    return length > 3 && strcmp(entry->d_name + length - 3, ".cu") == 0;
}
