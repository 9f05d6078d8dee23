/* The certificate of pca against a decomposition written independently of it (Jacobi in long
 * double), each of its parts made to fail alone, hostile answers, and what the generator promises.
 */
#include "assignments/inputs.h"
#include "reference/oracle.h"

/* cmocka wants these four first. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 3
#define WIDE 64 /* columns that the long double Jacobi takes on, for time */

static struct spec spec;
static struct call given, answer;
static struct compare compare;
static long double C[WIDE][WIDE], V[WIDE][WIDE]; /* rows of V become eigenvectors */

static int load(void **state)
{
    (void)state;
    struct err err = spec_load(&spec, "assignments/pca/assignment.json");
    if (err_is(err))
        print_error("%s\n", err.text);
    return err_is(err);
}

static void draw(int index, uint64_t iteration)
{
    static const unsigned char key[RANDOM_KEY_BYTES] = {6};
    struct random random;
    random_init(&random, key, spec.cases[index].name, iteration);
    assert_false(err_is(inputs_find("pca")(&given, &random)));
}

static void take(int index)
{
    assert_false(err_is(call_allocate(&given, &spec, &spec.cases[index])));
    assert_false(err_is(call_allocate(&answer, &spec, &spec.cases[index])));
    draw(index, 0);
}

static void put_back(void)
{
    call_release(&given);
    call_release(&answer);
}

static void judge(void)
{
    compare_init(&compare);
    struct err err = oracle_find("pca")(&given, &answer, &compare);
    compare_end(&compare);
    assert_string_equal(err.text, "");
}

static void rotate(size_t d, size_t p, size_t q)
{
    long double theta = (C[q][q] - C[p][p]) / (2 * C[p][q]);
    long double t = (theta >= 0 ? 1 : -1) / (fabsl(theta) + sqrtl(theta * theta + 1));
    long double c = 1 / sqrtl(t * t + 1), s = t * c;

    for (size_t l = 0; l < d; l++) {
        long double a = C[l][p], b = C[l][q];
        C[l][p] = c * a - s * b;
        C[l][q] = s * a + c * b;
    }
    for (size_t l = 0; l < d; l++) {
        long double a = C[p][l], b = C[q][l];
        C[p][l] = c * a - s * b;
        C[q][l] = s * a + c * b;
        a = V[p][l];
        b = V[q][l];
        V[p][l] = c * a - s * b;
        V[q][l] = s * a + c * b;
    }
}

static void jacobi(size_t d)
{
    for (size_t j = 0; j < d; j++)
        for (size_t l = 0; l < d; l++)
            V[j][l] = j == l;
    for (int sweep = 0; sweep < 14; sweep++)
        for (size_t p = 0; p < d; p++)
            for (size_t q = p + 1; q < d; q++)
                if (C[p][q] != 0)
                    rotate(d, p, q);
}

static long double centred(const long double *mean, size_t d, size_t i, size_t j)
{
    return (long double)call_f32(&given, "X")[i * d + j] - mean[j];
}

static void covariance(size_t n, size_t d, long double *mean)
{
    for (size_t j = 0; j < d; j++) {
        mean[j] = 0;
        for (size_t i = 0; i < n; i++)
            mean[j] += (long double)call_f32(&given, "X")[i * d + j] / (long double)n;
        call_f32(&answer, "mean")[j] = (float)mean[j];
    }
    for (size_t j = 0; j < d; j++)
        for (size_t l = 0; l < d; l++) {
            C[j][l] = 0;
            for (size_t i = 0; i < n; i++)
                C[j][l] += centred(mean, d, i, j) * centred(mean, d, i, l) / (long double)(n - 1);
        }
}

/* Leaves the truth, rounded to float, in the answer. */
static void decompose(void)
{
    size_t n = (size_t)call_size(&given, "n"), d = (size_t)call_size(&given, "d");
    size_t k = (size_t)call_size(&given, "k");
    long double mean[WIDE];
    bool used[WIDE] = {false};

    assert_true(d <= WIDE);
    covariance(n, d, mean);
    jacobi(d);
    for (size_t c = 0; c < k; c++) {
        size_t best = d;
        for (size_t j = 0; j < d; j++)
            if (!used[j] && (best == d || C[j][j] > C[best][best]))
                best = j;
        used[best] = true;
        call_f32(&answer, "var")[c] = (float)C[best][best];
        for (size_t j = 0; j < d; j++)
            call_f32(&answer, "comp")[c * d + j] = (float)V[best][j];
        for (size_t i = 0; i < n; i++) {
            long double sum = 0;
            for (size_t j = 0; j < d; j++)
                sum += centred(mean, d, i, j) * V[best][j];
            call_f32(&answer, "proj")[i * k + c] = (float)sum;
        }
    }
}

static void the_independent_decomposition_passes_every_case(void **state)
{
    (void)state;

    for (int c = 0; c < spec.cases_count; c++) {
        take(c);
        for (uint64_t seed = 0; seed < SEEDS && call_size(&given, "d") <= WIDE; seed++) {
            draw(c, seed);
            decompose();
            judge();
            if (compare.wrong || compare.error_ratio > 0.5)
                fail_msg("case %s: '%s', error ratio %g", spec.cases[c].name, compare.first.part,
                         compare.error_ratio);
        }
        put_back();
    }
}

/* Adds `by` to one element and expects the certificate to name `part` first. */
static void expect_wrong(const char *tensor, size_t at, float by, const char *part)
{
    decompose();
    call_f32(&answer, tensor)[at] += by;
    judge();
    assert_true(compare.wrong);
    assert_true(compare.error_ratio > 1);
    assert_string_equal(compare.first.part, part);
    assert_false(compare.first.unwritten);
}

static void each_part_catches_its_own_error(void **state)
{
    (void)state;
    take(spec_case_index(&spec, "odd"));
    size_t d = (size_t)call_size(&given, "d"), k = (size_t)call_size(&given, "k");

    expect_wrong("mean", 3, 1e-4F, "mean");
    assert_int_equal(compare.first.index[0], 3);
    expect_wrong("comp", d + 2, 1e-3F, "comp comp' - 1");
    expect_wrong("var", 4, 1e-3F, "var");
    assert_int_equal(compare.first.index[0], 4);
    expect_wrong("proj", 7 * k + 2, 1e-3F, "proj");
    assert_int_equal(compare.first.index[0], 7);
    assert_int_equal(compare.first.index[1], 2);
    put_back();
}

/* Orthonormal vectors with the right values, turned a little out of the eigenvectors. */
static void a_turned_basis_is_no_eigenbasis(void **state)
{
    (void)state;
    take(spec_case_index(&spec, "odd"));
    decompose();
    size_t d = (size_t)call_size(&given, "d");
    float *comp = call_f32(&answer, "comp"), angle = 0.01F;
    for (size_t j = 0; j < d; j++) {
        float a = comp[j], b = comp[d + j];
        comp[j] = cosf(angle) * a - sinf(angle) * b;
        comp[d + j] = sinf(angle) * a + cosf(angle) * b;
    }
    judge();
    assert_true(compare.wrong);
    assert_string_equal(compare.first.part, "comp C - var comp");
    put_back();
}

/* The directions 2 to 7 of the cluster are equally large: any turn within them is as good. */
static void a_turn_within_equal_eigenvalues_passes(void **state)
{
    (void)state;
    take(spec_case_index(&spec, "cluster"));
    decompose();
    size_t n = (size_t)call_size(&given, "n"), d = (size_t)call_size(&given, "d");
    size_t k = (size_t)call_size(&given, "k");
    float *comp = call_f32(&answer, "comp"), *proj = call_f32(&answer, "proj"), angle = 0.7F;
    assert_true(call_f32(&answer, "var")[2] == call_f32(&answer, "var")[3]);
    for (size_t j = 0; j < d; j++) {
        float a = comp[2 * d + j], b = comp[3 * d + j];
        comp[2 * d + j] = cosf(angle) * a - sinf(angle) * b;
        comp[3 * d + j] = sinf(angle) * a + cosf(angle) * b;
    }
    for (size_t i = 0; i < n; i++) {
        float a = proj[i * k + 2], b = proj[i * k + 3];
        proj[i * k + 2] = cosf(angle) * a - sinf(angle) * b;
        proj[i * k + 3] = sinf(angle) * a + cosf(angle) * b;
    }
    judge();
    assert_false(compare.wrong);
    put_back();
}

static void signs_are_free_but_must_agree(void **state)
{
    (void)state;
    take(spec_case_index(&spec, "small"));
    decompose();
    size_t n = (size_t)call_size(&given, "n"), d = (size_t)call_size(&given, "d");
    size_t k = (size_t)call_size(&given, "k");
    for (size_t j = 0; j < d; j++)
        call_f32(&answer, "comp")[d + j] *= -1;
    judge();
    assert_true(compare.wrong);
    assert_string_equal(compare.first.part, "proj");
    for (size_t i = 0; i < n; i++)
        call_f32(&answer, "proj")[i * k + 1] *= -1;
    judge();
    assert_false(compare.wrong);
    put_back();
}

static void hostile_bits_never_pass(void **state)
{
    static const float hostile[] = {NAN, -NAN, INFINITY, -INFINITY, 3.4e38F, -3.4e38F};
    static const char *const tensors[] = {"mean", "comp", "var", "proj"};
    (void)state;

    take(spec_case_index(&spec, "five"));
    for (size_t t = 0; t < COUNT(tensors); t++)
        for (size_t at = 0; at < call_count(&given, tensors[t]); at++)
            for (size_t h = 0; h < COUNT(hostile); h++) {
                decompose();
                call_f32(&answer, tensors[t])[at] = hostile[h];
                judge();
                assert_true(compare.wrong);
                assert_true(compare.error_ratio > 1);
                assert_false(compare.first.unwritten);
                assert_memory_equal(compare.first.part, tensors[t], strlen(tensors[t]));
            }
    put_back();
}

static void what_was_not_written_is_said_to_be_so(void **state)
{
    (void)state;
    take(spec_case_index(&spec, "small"));
    call_poison_outputs(&answer);
    judge();
    assert_true(compare.wrong);
    assert_string_equal(compare.first.part, "mean");
    assert_true(compare.first.unwritten);

    decompose();
    call_f32(&answer, "comp")[9] = NAN;
    judge();
    assert_string_equal(compare.first.part, "comp");
    assert_int_equal(compare.first.index[0], 1);
    assert_int_equal(compare.first.index[1], 1);
    assert_int_equal(compare.first.wrong_count, 1);
    put_back();
}

/* Two rows at distance 2 r along one direction: C = 2 r^2 v v', known by hand. */
static void the_smallest_case_is_known_by_hand(void **state)
{
    static const float X[] = {1, 2, 4, 6}; /* rows (1, 2), (4, 6): half their distance is 2.5 */
    struct spec_case two = spec.cases[spec_case_index(&spec, "tiny")];
    (void)state;

    two.values[spec_argument_index(&spec, "n")] = 2;
    assert_false(err_is(call_allocate(&given, &spec, &two)));
    assert_false(err_is(call_allocate(&answer, &spec, &two)));
    memcpy(call_f32(&given, "X"), X, sizeof X);
    memcpy(call_f32(&answer, "mean"), (float[]){2.5F, 4}, 2 * sizeof(float));
    memcpy(call_f32(&answer, "comp"), (float[]){0.6F, 0.8F}, 2 * sizeof(float));
    call_f32(&answer, "var")[0] = 12.5F;
    memcpy(call_f32(&answer, "proj"), (float[]){-2.5F, 2.5F}, 2 * sizeof(float));
    judge();
    assert_false(compare.wrong);

    call_f32(&answer, "var")[0] = 6.25F; /* divided by n */
    judge();
    assert_true(compare.wrong);
    assert_string_equal(compare.first.part, "var");
    assert_true(fabs(compare.first.expected - 12.5) < 1e-12);
    put_back();
}

static void inputs_are_finite_fresh_and_repeatable(void **state)
{
    (void)state;

    for (int c = 0; c < spec.cases_count; c++) {
        take(c);
        size_t count = call_count(&given, "X");
        float *first = malloc(count * sizeof *first);
        assert_non_null(first);
        memcpy(first, call_f32(&given, "X"), count * sizeof *first);
        for (size_t e = 0; e < count; e++)
            assert_true(isnormal(first[e]) || first[e] == 0);
        draw(c, 1);
        assert_memory_not_equal(first, call_f32(&given, "X"), count * sizeof *first);
        draw(c, 0);
        assert_memory_equal(first, call_f32(&given, "X"), count * sizeof *first);
        free(first);
        put_back();
    }
}

static void a_cluster_of_the_wrong_shape_is_refused(void **state)
{
    struct spec_case cluster = spec.cases[spec_case_index(&spec, "cluster")];
    static const unsigned char key[RANDOM_KEY_BYTES] = {6};
    struct random random;
    (void)state;

    cluster.values[spec_argument_index(&spec, "d")] = 15;
    assert_false(err_is(call_allocate(&given, &spec, &cluster)));
    random_init(&random, key, "cluster", 0);
    assert_int_equal(inputs_find("pca")(&given, &random).code, ERR_INPUT);
    call_release(&given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_independent_decomposition_passes_every_case),
        cmocka_unit_test(each_part_catches_its_own_error),
        cmocka_unit_test(a_turned_basis_is_no_eigenbasis),
        cmocka_unit_test(a_turn_within_equal_eigenvalues_passes),
        cmocka_unit_test(signs_are_free_but_must_agree),
        cmocka_unit_test(hostile_bits_never_pass),
        cmocka_unit_test(what_was_not_written_is_said_to_be_so),
        cmocka_unit_test(the_smallest_case_is_known_by_hand),
        cmocka_unit_test(inputs_are_finite_fresh_and_repeatable),
        cmocka_unit_test(a_cluster_of_the_wrong_shape_is_refused),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
