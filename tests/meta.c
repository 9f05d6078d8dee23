/* Tries an assignment on its own corpus: every correct variant, the baseline and the expert must
 * pass every case; every wrong mutant must fail at least one, and the groups that its first line
 * names; for every seed and every set of compiler flags. Exits 1 on a false rejection or a
 * survivor.
 *
 *   meta ASSIGNMENT [--seeds N] [--flags "-O3 -march=x86-64-v3"]... [--only NAME] [--ranked]
 *
 * Run it in the repository root. It needs no worker and no sandbox: the corpus is ours. Each
 * submission is compiled to a shared object with its adapter; per seed one process calls all cases
 * in the order of the spec, SPEC_CALLS times each, between guard pages, and asks the oracle.
 * `--ranked` takes the cases of the group `speed` too (slow). By hand, for one assignment:
 *
 *   make BUILD=/tmp/b ASSIGNMENTS=pca /tmp/b/lib{inputs,assignments,reference,base}.a
 *   gcc -std=gnu11 -O2 -I. -D_GNU_SOURCE tests/meta.c -o /tmp/b/meta -Wl,--start-group \
 *       /tmp/b/lib{inputs,assignments,reference,base}.a -Wl,--end-group -lcjson -lsodium -lm -ldl
 */
#include "assignments/adapter.h"
#include "assignments/inputs.h"
#include "reference/oracle.h"
#include "sandbox/base/buf.h"
#include "sandbox/base/fdio.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fenv.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define FLAGS_MAX 8
#define PATH_BYTES 512
#define CALL_SECONDS_MAX 60 /* a mutant that never ends dies of SIGALRM */

struct meta {
    const char *assignment, *only;
    const char *flags[FLAGS_MAX];
    int flags_count, seeds;
    bool ranked;
    struct spec *spec;
    char work[64]; /* our folder under /tmp */
    struct run *run;
    int tried, failures;
};

enum phase { PHASE_OURS, PHASE_CALL };

/* What one process says about one seed; shared memory, so that it survives a crash. */
struct run {
    enum phase phase;
    int at; /* case */
    bool wrong[SPEC_CASES_MAX];
    double error_ratio;
};

struct variant {
    char path[PATH_BYTES], name[64];
    bool is_wrong;              /* expected to be */
    unsigned groups_expected;   /* bit per group */
    int killed[SPEC_CASES_MAX]; /* seeds in which this case was wrong */
    int survived, missed;       /* seeds without a wrong case; without every expected group */
    double error_ratio;         /* largest over cases that were right */
};

typedef void (*adapter_fn)(const int64_t *values, const double *scalars, void *const *tensors);

static bool parse_options(struct meta *meta, int argc, char **argv);
static struct err prepare(struct meta *meta);
static struct err try_folder(struct meta *meta, const char *flags, bool is_wrong);
static struct err try_reference(struct meta *meta, const char *flags);
static struct err try_variant(struct meta *meta, const char *flags, struct variant *variant);
static bool is_wanted(const struct meta *meta, const struct variant *variant);
static struct err read_expectation(const struct meta *meta, struct variant *variant);
static struct err compile(const struct meta *meta, const char *flags, const char *source);
static struct err run_seed(struct meta *meta, int seed, struct variant *variant);
static void crash_quietly(void);
static void run_cases(const struct meta *meta, int seed, int first);
static bool run_call(const struct meta *meta, adapter_fn adapter, const struct call *given);
static void *guarded(size_t bytes);
static void guarded_free(void *at, size_t bytes);
static void judge_run(struct meta *meta, struct variant *variant);
static void clean_up(struct meta *meta);
static void print_variant(struct meta *meta, const char *flags, const struct variant *variant);
static bool is_taken(const struct meta *meta, int index);
static bool has_suffix(const char *name, const char *suffix);
static int is_c_file(const struct dirent *entry);
static void die_if(struct err err);

int main(int argc, char **argv)
{
    struct meta meta = {.seeds = 3};

    if (!parse_options(&meta, argc, argv)) {
        (void)fprintf(stderr, "usage: meta ASSIGNMENT [--seeds N] [--flags FLAGS]... "
                              "[--only NAME] [--ranked]\n");
        return 64;
    }
    die_if(prepare(&meta));
    printf("%-28s %-7s %-22s %-9s %s\n", "variant", "kind", "flags", "ratio", "killed by");
    for (int i = 0; i < meta.flags_count; i++) {
        die_if(try_reference(&meta, meta.flags[i]));
        die_if(try_folder(&meta, meta.flags[i], false));
        die_if(try_folder(&meta, meta.flags[i], true));
    }
    printf("%s: %d runs of variants, %d failures\n", meta.assignment, meta.tried, meta.failures);
    clean_up(&meta);
    return meta.failures > 0 || meta.tried == 0 ? 1 : 0;
}

static bool parse_options(struct meta *meta, int argc, char **argv)
{
    static const char *const usual[] = {"-O3 -march=x86-64-v3", "-O2", "-O3 -march=x86-64-v4"};

    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--ranked") == 0)
            meta->ranked = true;
        else if (strcmp(argv[i], "--seeds") == 0 && has_value)
            meta->seeds = (int)strtol(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--only") == 0 && has_value)
            meta->only = argv[++i];
        else if (strcmp(argv[i], "--flags") == 0 && has_value && meta->flags_count < FLAGS_MAX)
            meta->flags[meta->flags_count++] = argv[++i];
        else if (argv[i][0] != '-' && meta->assignment == NULL)
            meta->assignment = argv[i];
        else
            return false;
    }
    if (meta->flags_count == 0) {
        __builtin_cpu_init();
        size_t count = __builtin_cpu_supports("avx512vl") ? COUNT(usual) : COUNT(usual) - 1;
        for (size_t i = 0; i < count; i++)
            meta->flags[meta->flags_count++] = usual[i];
    }
    return meta->assignment != NULL && meta->seeds > 0;
}

/* Loads the spec, makes the work folder with the adapter, and the memory shared with children. */
static struct err prepare(struct meta *meta)
{
    char path[PATH_BYTES];
    auto_buf struct buf adapter;
    buf_init(&adapter, 64 << 10);

    meta->spec = malloc(sizeof *meta->spec);
    if (meta->spec == NULL)
        return err_make(ERR_SYSTEM, "memory for the spec");
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

    meta->run =
        mmap(NULL, sizeof *meta->run, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return meta->run == MAP_FAILED ? err_make(ERR_SYSTEM, "share memory") : err_none();
}

static struct err try_folder(struct meta *meta, const char *flags, bool is_wrong)
{
    char folder[PATH_BYTES / 2];
    struct dirent **entries = NULL;
    struct err err = err_none();

    (void)snprintf(folder, sizeof folder, "tests/submissions/%s/%s", meta->assignment,
                   is_wrong ? "wrong" : "correct");
    int count = scandir(folder, &entries, is_c_file, alphasort);
    if (count < 0)
        return err_make(ERR_SYSTEM, "list '%s'", folder);
    for (int i = 0; i < count; i++) {
        struct variant variant = {.is_wrong = is_wrong};
        (void)snprintf(variant.path, sizeof variant.path, "%s/%s", folder, entries[i]->d_name);
        (void)snprintf(variant.name, sizeof variant.name, "%.*s",
                       (int)strlen(entries[i]->d_name) - 2, entries[i]->d_name);
        if (!err_is(err))
            err = read_expectation(meta, &variant);
        if (!err_is(err) && is_wanted(meta, &variant))
            err = try_variant(meta, flags, &variant);
        free(entries[i]);
    }
    free(entries);
    return err;
}

/* What we measure against, and what we measure targets with, must be right too. */
static struct err try_reference(struct meta *meta, const char *flags)
{
    static const char *const names[] = {"baseline", "expert"};
    struct err err = err_none();

    for (size_t i = 0; i < COUNT(names); i++) {
        struct variant variant = {.is_wrong = false};
        /* An expert is written for a machine class; without one it need not compile. */
        if (strcmp(names[i], "expert") == 0 && strstr(flags, "-march=") == NULL)
            continue;
        (void)snprintf(variant.name, sizeof variant.name, "%s", names[i]);
        (void)snprintf(variant.path, sizeof variant.path, "reference/%s/%s.c", meta->assignment,
                       names[i]);
        if (!err_is(err) && is_wanted(meta, &variant) && access(variant.path, F_OK) == 0)
            err = try_variant(meta, flags, &variant);
    }
    return err;
}

static bool is_wanted(const struct meta *meta, const struct variant *variant)
{
    return meta->only == NULL || strcmp(meta->only, variant->name) == 0;
}

static struct err try_variant(struct meta *meta, const char *flags, struct variant *variant)
{
    struct err err = compile(meta, flags, variant->path);
    for (int seed = 0; seed < meta->seeds && !err_is(err); seed++) {
        err = run_seed(meta, seed, variant);
        judge_run(meta, variant);
    }
    if (!err_is(err))
        print_variant(meta, flags, variant);
    return err;
}

/* The first line is a comment: expect: pass, or expect: wrong GROUP,GROUP. */
static struct err read_expectation(const struct meta *meta, struct variant *variant)
{
    char line[256] = "", *rest = NULL;
    FILE *file = fopen(variant->path, "re");
    if (file == NULL)
        return err_make(ERR_SYSTEM, "open '%s'", variant->path);
    bool has_line = fgets(line, sizeof line, file) != NULL;
    (void)fclose(file); /* read only */

    const char *start = variant->is_wrong ? "/* expect: wrong " : "/* expect: pass */";
    if (!has_line || strncmp(line, start, strlen(start)) != 0)
        return err_make(ERR_INPUT, "%s: the first line is not '%s'", variant->path, start);
    if (!variant->is_wrong)
        return err_none();
    for (char *word = strtok_r(line + strlen(start), ", \n", &rest);
         word != NULL && strcmp(word, "*/") != 0; word = strtok_r(NULL, ", \n", &rest)) {
        int group = spec_group_index(meta->spec, word);
        if (group < 0)
            return err_make(ERR_INPUT, "%s: no group '%s'", variant->path, word);
        variant->groups_expected |= 1U << group;
    }
    return err_none();
}

static struct err compile(const struct meta *meta, const char *flags, const char *source)
{
    char command[2 * PATH_BYTES];
    int length = snprintf(command, sizeof command,
                          "gcc -std=gnu11 -w %s -fPIC -shared -Iassignments/%s -o %s/variant.so "
                          "%s %s/adapter.c -lm",
                          flags, meta->assignment, meta->work, source, meta->work);
    if (length < 0 || (size_t)length >= sizeof command)
        return err_make(ERR_INPUT, "the command for '%s' is too long", source);
    if (system(command) != 0) /* NOLINT(cert-env33-c): our own files and flags */
        return err_make(ERR_INPUT, "'%s' does not compile with %s", source, flags);
    return err_none();
}

/* A case that crashes counts as wrong, and a fresh process goes on with the next one. */
static struct err run_seed(struct meta *meta, int seed, struct variant *variant)
{
    struct run *run = meta->run;
    *run = (struct run){.phase = PHASE_OURS};

    while (run->at < meta->spec->cases_count) {
        int first = run->at, outcome = 0;
        (void)fflush(stdout); /* or the child would print it again */
        pid_t child = fork();
        if (child < 0)
            return err_make(ERR_SYSTEM, "fork for '%s'", variant->name);
        if (child == 0) {
            crash_quietly();
            run_cases(meta, seed, first);
            _exit(0);
        }
        if (waitpid(child, &outcome, 0) < 0)
            return err_make(ERR_SYSTEM, "wait for '%s'", variant->name);
        if (outcome != 0 && run->phase == PHASE_OURS)
            return err_make(ERR_INTERNAL, "generator, oracle or dlopen failed at %s, case %s",
                            variant->name, meta->spec->cases[run->at].name);
        if (run->phase == PHASE_CALL) {
            run->wrong[run->at++] = true;
            run->phase = PHASE_OURS;
        }
    }
    return err_none();
}

/* A variant that crashes is no finding: a sanitizer's handlers must not write about it. */
static void crash_quietly(void)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    for (size_t i = 0; i < COUNT(fatal); i++)
        (void)signal(fatal[i], SIG_DFL); /* cannot fail */
}

/* In the child. Leaves run->at behind the last case. */
static void run_cases(const struct meta *meta, int seed, int first)
{
    char path[PATH_BYTES];
    unsigned char key[RANDOM_KEY_BYTES] = {(unsigned char)seed, (unsigned char)(seed >> 8), 77};
    struct random random;

    (void)snprintf(path, sizeof path, "%s/variant.so", meta->work);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    adapter_fn adapter = NULL;
    void *symbol = object == NULL ? NULL : dlsym(object, "adapter_call");
    memcpy(&adapter, &symbol, sizeof adapter); /* ISO C has no cast from object to function */
    if (adapter == NULL) {
        (void)fprintf(stderr, "meta: %s\n", dlerror());
        _exit(1);
    }

    for (int i = first; i < meta->spec->cases_count; meta->run->at = ++i) {
        for (int iteration = 0; is_taken(meta, i) && iteration < SPEC_CALLS; iteration++) {
            struct call given;
            die_if(call_allocate(&given, meta->spec, &meta->spec->cases[i]));
            random_init(&random, key, meta->spec->cases[i].name, (uint64_t)iteration);
            die_if(inputs_find(meta->assignment)(&given, &random));
            if (!run_call(meta, adapter, &given))
                meta->run->wrong[i] = true;
            call_release(&given);
        }
    }
}

/* One call of the student's function between guard pages, judged by the oracle. */
static bool run_call(const struct meta *meta, adapter_fn adapter, const struct call *given)
{
    const struct spec *spec = meta->spec;
    struct call theirs = *given, answer = *given;
    void *tensors[SPEC_ARGUMENTS_MAX] = {NULL};
    struct compare compare;

    for (int i = 0; i < spec->arguments_count; i++) {
        size_t bytes = (size_t)spec_tensor_bytes(spec, given->which, i);
        if (given->tensors[i].at == NULL)
            continue;
        theirs.tensors[i].at = tensors[i] = guarded(bytes);
        if (spec->arguments[i].role == SPEC_OUTPUT)
            continue;
        memcpy(tensors[i], given->tensors[i].at, bytes);
        /* mprotect works on whole pages; the tensor is alone on its own. */
        void *page = (void *)((uintptr_t)tensors[i] & ~(uintptr_t)4095);
        size_t offset = (size_t)((char *)tensors[i] - (char *)page);
        if (spec->arguments[i].role == SPEC_INPUT && mprotect(page, offset + bytes, PROT_READ) < 0)
            _exit(1);
    }
    call_poison_outputs(&theirs);

    meta->run->phase = PHASE_CALL;
    (void)alarm(CALL_SECONDS_MAX);
    (void)fesetenv(FE_DFL_ENV);
    adapter(given->which->values, given->scalars, tensors);
    (void)fesetenv(FE_DFL_ENV); /* what a student leaves changed harms nobody */
    (void)alarm(0);
    meta->run->phase = PHASE_OURS;

    for (int i = 0; i < spec->arguments_count; i++) {
        enum spec_role role = spec->arguments[i].role;
        bool is_answer = role == SPEC_OUTPUT || role == SPEC_INOUT;
        answer.tensors[i].at = is_answer ? tensors[i] : NULL;
    }
    compare_init(&compare);
    die_if(oracle_find(meta->assignment)(given, &answer, &compare));
    compare_end(&compare);
    if (!compare.wrong && compare.error_ratio > meta->run->error_ratio)
        meta->run->error_ratio = compare.error_ratio;
    for (int i = 0; i < spec->arguments_count; i++)
        if (tensors[i] != NULL)
            guarded_free(tensors[i], (size_t)spec_tensor_bytes(spec, given->which, i));
    return !compare.wrong;
}

/* 64-byte aligned memory that ends (but for the alignment) where a forbidden page begins. */
static void *guarded(size_t bytes)
{
    size_t rounded = (bytes + 63) / 64 * 64, pages = (rounded + 4095) / 4096 * 4096;
    char *at = mmap(NULL, pages + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED || (pages > 0 && mprotect(at + 4096, pages, PROT_READ | PROT_WRITE) < 0))
        _exit(1);
    return at + 4096 + pages - rounded;
}

static void guarded_free(void *at, size_t bytes)
{
    size_t rounded = (bytes + 63) / 64 * 64, pages = (rounded + 4095) / 4096 * 4096;
    (void)munmap((char *)at - (pages - rounded) - 4096, pages + 8192);
}

static void judge_run(struct meta *meta, struct variant *variant)
{
    const struct run *run = meta->run;
    unsigned groups_wrong = 0;

    for (int i = 0; i < meta->spec->cases_count; i++) {
        if (!run->wrong[i])
            continue;
        groups_wrong |= 1U << meta->spec->cases[i].group;
        variant->killed[i]++;
    }
    variant->survived += groups_wrong == 0;
    variant->missed += (variant->groups_expected & ~groups_wrong) != 0;
    if (run->error_ratio > variant->error_ratio)
        variant->error_ratio = run->error_ratio;
}

static void print_variant(struct meta *meta, const char *flags, const struct variant *variant)
{
    bool is_failure = variant->is_wrong ? variant->survived > 0 || variant->missed > 0
                                        : variant->survived < meta->seeds;

    printf("%-28s %-7s %-22s %-9.2g", variant->name, variant->is_wrong ? "wrong" : "correct", flags,
           variant->error_ratio);
    for (int i = 0; i < meta->spec->cases_count; i++) {
        if (variant->killed[i] == meta->seeds)
            printf(" %s", meta->spec->cases[i].name);
        else if (variant->killed[i] > 0)
            printf(" %s(%d/%d)", meta->spec->cases[i].name, variant->killed[i], meta->seeds);
    }
    if (is_failure && !variant->is_wrong)
        printf("  <-- FALSE REJECTION");
    else if (is_failure)
        printf("  <-- %s", variant->survived > 0 ? "SURVIVED" : "PASSED A GROUP IT SHOULD FAIL");
    printf("\n");
    meta->tried++;
    meta->failures += is_failure;
}

static void clean_up(struct meta *meta)
{
    static const char *const files[] = {"adapter.c", "variant.so"};
    char path[PATH_BYTES];

    for (size_t i = 0; i < COUNT(files); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", meta->work, files[i]);
        (void)unlink(path); /* what stays behind harms nobody */
    }
    (void)rmdir(meta->work);
    free(meta->spec);
}

static bool is_taken(const struct meta *meta, int index)
{
    return meta->ranked || !meta->spec->groups[meta->spec->cases[index].group].is_speed;
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t length = strlen(name), wanted = strlen(suffix);
    return length > wanted && strcmp(name + length - wanted, suffix) == 0;
}

static int is_c_file(const struct dirent *entry)
{
    return has_suffix(entry->d_name, ".c");
}

static void die_if(struct err err)
{
    if (!err_is(err))
        return;
    (void)fprintf(stderr, "meta: %s\n", err.text);
    exit(2);
}
