/* Does an assignment tell right CUDA from wrong, without a GPU? Baseline, expert, naive and correct
 * variants pass every case on the host (tests/cuda_host); every mutant fails one at least, and the
 * groups that it says. A mutant that has done so ends soon after.
 *
 *   test_cuda_corpus [ASSIGNMENT [NAME]]     patterns; CUDA_FULL=1: all of it, ranked cases and
 * five keys too (minutes) */
#include "tests/unit/support/check.h"
#include "tests/unit/support/cuda_corpus.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LANES 2

static const char *only = "*"; /* which sources */

static void assignment_tells_right_from_wrong(const char *name);
static struct cuda_corpus_outcome *run_all(const struct cuda_corpus *corpus);
static bool is_wanted(const struct cuda_corpus_source *source);
static bool report(const struct spec *spec, const struct cuda_corpus_source *source,
                   const struct cuda_corpus_outcome *outcome);

static void attention(void **state)
{
    (void)state;
    assignment_tells_right_from_wrong("attention");
}

static void gradient_descent(void **state)
{
    (void)state;
    assignment_tells_right_from_wrong("gradient_descent");
}

static void lstm_cell(void **state)
{
    (void)state;
    assignment_tells_right_from_wrong("lstm_cell");
}

static void pca(void **state)
{
    (void)state;
    assignment_tells_right_from_wrong("pca");
}

static void quantized_matmul(void **state)
{
    (void)state;
    assignment_tells_right_from_wrong("quantized_matmul");
}

static void assignment_tells_right_from_wrong(const char *name)
{
    static struct spec spec;
    static struct cuda_corpus corpus;
    char path[120];
    int right = 0, wrong = 0, failures = 0;

    if (!cuda_corpus_built()) {
        print_message("skipped: built without a C++ compiler, so no CUDA runs on the host\n");
        skip();
    }
    (void)snprintf(path, sizeof path, "assignments/%s/assignment.json", name);
    struct err err = spec_load(&spec, path);
    corpus.full = getenv("CUDA_FULL") != NULL;
    if (!err_is(err))
        err = cuda_corpus_find(&corpus, &spec);
    struct cuda_corpus_outcome *const outcomes = err_is(err) ? NULL : run_all(&corpus);
    for (int i = 0; i < corpus.sources_count && outcomes != NULL; i++) {
        const struct cuda_corpus_source *const source = &corpus.sources[i];
        if (!is_wanted(source))
            continue;
        failures += !report(&spec, source, &outcomes[i]);
        right += !source->is_wrong;
        wrong += source->is_wrong;
    }
    if (err_is(err))
        fail_msg("our failure: %s", err.text);
    print_message("%s: %d right, %d wrong, %d against their promise\n", name, right, wrong,
                  failures);
    assert_int_equal(failures, 0);
    /* A folder that was not found has nothing against its promise either. */
    assert_true(strcmp(only, "*") == 0 ? right >= 4 && wrong >= 6 : right + wrong > 0);
}

/* All that are wanted, LANES at a time. Ends with the process. */
static struct cuda_corpus_outcome *run_all(const struct cuda_corpus *corpus)
{
    struct cuda_corpus_outcome *const outcomes =
        mmap(NULL, sizeof *outcomes * CUDA_CORPUS_MAX, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int running = 0, failed = 0, status = 0;

    assert_true(outcomes != MAP_FAILED);
    (void)fflush(stdout); /* or children would print it again */
    for (int i = 0; i < corpus->sources_count; i++) {
        if (!is_wanted(&corpus->sources[i]))
            continue;
        for (; running == LANES; running--)
            failed += wait(&status) < 0 || status != 0;
        const pid_t child = fork();
        assert_true(child >= 0);
        running++;
        if (child > 0)
            continue;
        struct err err = cuda_corpus_run(corpus, &corpus->sources[i], &outcomes[i]);
        if (err_is(err))
            print_error("our failure: %s\n", err.text);
        _exit(err_is(err));
    }
    for (; running > 0; running--)
        failed += wait(&status) < 0 || status != 0;
    assert_int_equal(failed, 0);
    return outcomes;
}

static bool is_wanted(const struct cuda_corpus_source *source)
{
    return fnmatch(only, source->name, 0) == 0;
}

/* One line of the table. False: the source did not do as it promised. */
static bool report(const struct spec *spec, const struct cuda_corpus_source *source,
                   const struct cuda_corpus_outcome *outcome)
{
    unsigned groups = 0;
    int killed = 0, taken = 0;

    for (int i = 0; i < spec->cases_count; i++) {
        taken += outcome->tried[i];
        killed += outcome->wrong[i];
        groups |= (unsigned)outcome->wrong[i] << spec->cases[i].group;
    }
    const bool kept =
        source->is_wrong ? killed > 0 && (source->groups & ~groups) == 0 : killed == 0;
    printf("# %-18s %-26s %2d of %2d cases wrong  ratio %-7.2g %5.1f s %s%s", spec->name,
           source->name, killed, taken, outcome->ratio, outcome->took_seconds, outcome->said,
           kept ? "" : "  <-- PROMISED OTHERWISE:");
    for (int i = 0; i < spec->cases_count; i++)
        if (outcome->wrong[i] && (killed <= 3 || !kept))
            printf(" %s", spec->cases[i].name);
    printf("\n");
    return kept;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention),        cmocka_unit_test(gradient_descent),
        cmocka_unit_test(lstm_cell),        cmocka_unit_test(pca),
        cmocka_unit_test(quantized_matmul),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    if (argc > 2)
        only = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
