/* Tries an assignment on its own corpus: every correct variant, the baseline and the expert must
 * pass every case; every wrong mutant must fail at least one, and the groups that its first line
 * names; for every seed and every compiler in use. A mutant that dies by one case only makes that
 * case load-bearing, and the spec must say so. Exits with 1 on a false rejection or a survivor.
 *
 *   meta ASSIGNMENT [--seeds N] [--build "clang -O2"]... [--only PATTERN] [--case NAME]
 *        [--ranked] [--verbose]
 *
 * Run it in the repository root. It needs no worker and no sandbox: the corpus is ours. Without
 * --build, all builds that this machine can compile and run are tried. `--ranked` takes the cases
 * of the group `speed` too (slow). */
#include "tests/meta.h"

#include "assignments/adapter.h"
#include "assignments/inputs.h"
#include "reference/oracle.h"
#include "sandbox/base/buf.h"
#include "sandbox/base/fdio.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SEEDS_MAX 10000

static bool parse_options(struct meta *meta, int argc, char **argv);
static void builds_usual(struct meta *meta);
static struct err prepare(struct meta *meta);
static struct err try_all(struct meta *meta);
static void clean_up(struct meta *meta);

/* What submissions may meet: the service's flags in both classes, and other compilers' habits. */
static const char *const usual[] = {"gcc -O2", "gcc -O3 -march=x86-64-v3",
                                    "gcc -O3 -march=x86-64-v4", "clang -O2"};

int main(int argc, char **argv)
{
    struct meta meta = {.seeds = 3};

    if (!parse_options(&meta, argc, argv)) {
        (void)fprintf(stderr, "usage: meta ASSIGNMENT [--seeds N] [--build 'clang -O2']... "
                              "[--only PATTERN] [--case NAME] [--ranked] [--verbose]\n");
        return 64;
    }
    struct err err = prepare(&meta);
    if (!err_is(err))
        err = try_all(&meta);
    int failures = err_is(err) ? 0 : meta_print(&meta);
    clean_up(&meta);
    if (err_is(err)) {
        (void)fprintf(stderr, "meta: %s\n", err.text);
        return 2;
    }
    return failures > 0 ? 1 : 0;
}

static bool parse_options(struct meta *meta, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--ranked") == 0)
            meta->ranked = true;
        else if (strcmp(argv[i], "--verbose") == 0)
            meta->verbose = true;
        else if (strcmp(argv[i], "--seeds") == 0 && has_value)
            meta->seeds = (int)strtol(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--only") == 0 && has_value)
            meta->only = argv[++i];
        else if (strcmp(argv[i], "--case") == 0 && has_value)
            meta->only_case = argv[++i];
        else if (strcmp(argv[i], "--build") == 0 && has_value &&
                 meta->builds_count < META_BUILDS_MAX)
            meta->builds[meta->builds_count++] = argv[++i];
        else if (argv[i][0] != '-' && meta->assignment == NULL)
            meta->assignment = argv[i];
        else
            return false;
    }
    if (meta->builds_count == 0)
        builds_usual(meta);
    return meta->assignment != NULL && meta->seeds > 0 && meta->seeds <= SEEDS_MAX;
}

static void builds_usual(struct meta *meta)
{
    for (size_t i = 0; i < COUNT(usual); i++) {
        __builtin_cpu_init();
        if (strstr(usual[i], "v4") != NULL && !__builtin_cpu_supports("avx512vl"))
            continue;
        if (strncmp(usual[i], "clang", 5) == 0 && access("/usr/bin/clang", X_OK) < 0)
            continue;
        meta->builds[meta->builds_count++] = usual[i];
    }
}

/* Loads the spec, makes the work folder with the adapter, and the memory shared with children. */
static struct err prepare(struct meta *meta)
{
    char path[META_PATH_BYTES];
    auto_buf struct buf adapter = buf_of(64 << 10);

    meta->spec = malloc(sizeof *meta->spec);
    meta->variants = calloc(META_VARIANTS_MAX, sizeof *meta->variants);
    if (meta->spec == NULL || meta->variants == NULL)
        return err_make(ERR_SYSTEM, "memory for the spec and the corpus");
    (void)snprintf(path, sizeof path, "assignments/%s/assignment.json", meta->assignment);
    struct err err = spec_load(meta->spec, path);
    if (err_is(err))
        return err;
    if (inputs_find(meta->assignment) == NULL || oracle_find(meta->assignment) == NULL)
        return err_make(ERR_INPUT, "built without generator or oracle of '%s'", meta->assignment);

    (void)snprintf(meta->work, sizeof meta->work, "/tmp/meta-XXXXXX");
    if (mkdtemp(meta->work) == NULL)
        return err_make(ERR_SYSTEM, "make '%s'", meta->work);
    adapter_generate(meta->spec, &adapter);
    (void)snprintf(path, sizeof path, "%s/adapter.c", meta->work);
    err = fdio_write_file(path, adapter.at, adapter.size, 0600);
    if (err_is(err))
        return err;

    meta->runs = mmap(NULL, sizeof *meta->runs * (size_t)meta->seeds, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return meta->runs == MAP_FAILED ? err_make(ERR_SYSTEM, "share memory") : err_none();
}

static struct err try_all(struct meta *meta)
{
    struct err err = meta_find(meta);

    for (int b = 0; b < meta->builds_count && !err_is(err); b++) {
        const char *build = meta->builds[b];
        err = meta_compile_adapter(meta, build);
        for (int v = 0; v < meta->variants_count && !err_is(err); v++) {
            struct meta_variant *variant = &meta->variants[v];
            bool built = false;
            if (meta->only != NULL && fnmatch(meta->only, variant->name, 0) != 0)
                continue;
            err = meta_compile(meta, build, variant, &built);
            if (!err_is(err) && built)
                err = meta_run_seeds(meta, variant->name);
            for (int seed = 0; seed < meta->seeds && built && !err_is(err); seed++)
                meta_enter(meta, build, seed, variant);
        }
    }
    return err;
}

static void clean_up(struct meta *meta)
{
    static const char *const files[] = {"adapter.c", "adapter.o", "variant.so"};
    char path[META_PATH_BYTES];

    for (size_t i = 0; i < COUNT(files) && meta->work[0] != '\0'; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", meta->work, files[i]);
        (void)unlink(path); /* what stays behind harms nobody */
    }
    if (meta->work[0] != '\0')
        (void)rmdir(meta->work);
    free(meta->spec);
    free(meta->variants);
}
