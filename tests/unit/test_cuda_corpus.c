/* Does an assignment tell right CUDA from wrong, without a GPU? Baseline, expert, naive and correct
 * variants pass every case on the host (tests/cuda_host); every mutant fails one at least, and the
 * groups that it says. A mutant that has done so ends after MUTANT_SECONDS.
 *
 *   test_cuda_corpus [ASSIGNMENT [NAME]]     patterns; CUDA_FULL=1: all of it, ranked cases and
 * five keys too (minutes) */
#include "tests/unit/support/check.h"
#include "tests/unit/support/cuda_corpus.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

static const char *only = "*"; /* which sources */

static void assignment_tells_right_from_wrong(const char *name);
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
    struct cuda_corpus_outcome outcome;
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
    for (int i = 0; i < corpus.sources_count && !err_is(err); i++) {
        const struct cuda_corpus_source *const source = &corpus.sources[i];
        if (fnmatch(only, source->name, 0) != 0)
            continue;
        err = cuda_corpus_run(&corpus, source, &outcome);
        if (err_is(err))
            break;
        failures += !report(&spec, source, &outcome);
        right += !source->is_wrong;
        wrong += source->is_wrong;
    }
    if (err_is(err))
        fail_msg("our failure: %s", err.text);
    print_message("%s: %d right, %d wrong, %d against their promise\n", name, right, wrong,
                  failures);
    assert_int_equal(failures, 0);
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
