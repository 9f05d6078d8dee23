/* The oracle of attention against a program written independently of it (long double, masks by
 * predicate), its bound at values worked out by hand, and what its generator promises. */
#include "assignments/inputs.h"
#include "reference/oracle.h"
#include "tests/unit/support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNIT 0x1p-24f /* unit roundoff of float */
#define PEAK_SLACK 1e-4

static struct spec spec;
static struct spec_case small; /* sizes of its own; values set by hand */
static struct call call;
static struct compare compare;

static int load(void **state)
{
    (void)state;
    struct err err = spec_load(&spec, "assignments/attention/assignment.json");
    if (err_is(err))
        print_error("%s\n", err.text);
    return err_is(err);
}

static void judge(void)
{
    compare_init(&compare);
    struct err err = oracle_find("attention")(&call, &call, &compare);
    assert_string_equal(err.text, "");
}

static void open_case(const char *name, uint64_t iteration)
{
    static const unsigned char key[RANDOM_KEY_BYTES] = {5};
    int index = spec_case_index(&spec, name);
    struct random random;

    assert_true(index >= 0);
    assert_false(err_is(call_allocate(&call, &spec, &spec.cases[index])));
    random_init(&random, key, name, iteration);
    assert_false(err_is(inputs_find("attention")(&call, &random)));
    call_poison_outputs(&call);
}

/* One sequence, one head, D = 1, every input zero. */
static void open_small(int Tq, int Tk, int causal)
{
    small = spec.cases[spec_case_index(&spec, "one")];
    small.values[spec_argument_index(&spec, "Tq")] = Tq;
    small.values[spec_argument_index(&spec, "Tk")] = Tk;
    small.values[spec_argument_index(&spec, "causal")] = causal;
    assert_false(err_is(call_allocate(&call, &spec, &small)));
    memset(call_f32(&call, "q"), 0, sizeof(float) * (size_t)Tq);
    memset(call_f32(&call, "k"), 0, sizeof(float) * (size_t)Tk);
    memset(call_f32(&call, "v"), 0, sizeof(float) * (size_t)Tk);
    call_i32(&call, "kvlen")[0] = Tk;
    call_poison_outputs(&call);
}

static bool is_visible(int b, int i, int j)
{
    int kvlen = call_i32(&call, "kvlen")[b];
    bool hidden = call_size(&call, "causal") == 1 && j > i + kvlen - call_size(&call, "Tq");
    return j < kvlen && !hidden;
}

/* q[row] . k[key] / sqrt(D); rows and keys are counted over all heads. */
static long double score(int row, int key)
{
    int D = call_size(&call, "D");
    long double sum = 0;

    for (int d = D - 1; d >= 0; d--)
        sum += (long double)call_f32(&call, "q")[row * D + d] *
               (long double)call_f32(&call, "k")[key * D + d];
    return sum / sqrtl(D);
}

static void answer_row(int b, int h, int i)
{
    int H = call_size(&call, "H"), Tq = call_size(&call, "Tq"), Tk = call_size(&call, "Tk");
    int D = call_size(&call, "D"), row = (b * H + h) * Tq + i, first = (b * H + h) * Tk;
    long double sums[128] = {0}, total = 0, highest = -1000;
    float *o = &call_f32(&call, "o")[(size_t)row * (size_t)D];

    for (int j = 0; j < Tk; j++)
        if (is_visible(b, i, j))
            highest = fmaxl(highest, score(row, first + j));
    for (int j = 0; j < Tk; j++) {
        long double weight = is_visible(b, i, j) ? expl(score(row, first + j) - highest) : 0;
        total += weight;
        for (int d = 0; d < D; d++)
            sums[d] += weight * (long double)call_f32(&call, "v")[(first + j) * D + d];
    }
    for (int d = 0; d < D; d++)
        o[d] = total > 0 ? (float)(sums[d] / total) : 0;
}

static void answer_independently(void)
{
    for (int b = 0; b < call_size(&call, "B"); b++)
        for (int h = 0; h < call_size(&call, "H"); h++)
            for (int i = 0; i < call_size(&call, "Tq"); i++)
                answer_row(b, h, i);
}

static void an_independent_program_is_right_on_every_case(void **state)
{
    (void)state;
    for (int i = 0; i < spec.cases_count; i++) {
        if (spec.groups[spec.cases[i].group].is_speed)
            continue;
        for (uint64_t iteration = 0; iteration < 2; iteration++) {
            open_case(spec.cases[i].name, iteration);
            answer_independently();
            judge();
            assert_false(compare.wrong);
            /* Rounded once, it stays far inside: the oracle's own answer is as good. */
            assert_true(compare.error_ratio < 0.1);
            call_release(&call);
        }
    }
}

static void equal_keys_give_the_mean_of_their_values(void **state)
{
    (void)state;
    open_small(1, 2, 0);
    call_f32(&call, "v")[0] = 1;
    call_f32(&call, "v")[1] = 3;
    call_f32(&call, "o")[0] = 2;
    judge();
    assert_false(compare.wrong);
    assert_true(compare.error_ratio == 0);
    call_release(&call);
}

/* One key: p = 1 and v = o, so that (2 g(1) + 6) u |v| = 8 u remains. */
static void the_bound_of_one_key_is_eight_roundings(void **state)
{
    static const struct {
        float answer;
        bool wrong;
    } rows[] = {{1, false},
                {1 + 8 * UNIT, false},
                {1 + 10 * UNIT, true},
                {1 - 8 * UNIT, false},
                {1 - 9 * UNIT, true}};

    (void)state;
    open_small(1, 1, 0);
    call_f32(&call, "v")[0] = 1;
    for (size_t i = 0; i < COUNT(rows); i++) {
        call_f32(&call, "o")[0] = rows[i].answer;
        judge();
        assert_int_equal(compare.wrong, rows[i].wrong);
    }
    call_release(&call);
}

/* Two keys of weight 1/2 and scores 0, values 0 and 1: e = expm1(8 u), sums 10 u / 2. */
static void the_bound_of_two_keys_is_the_formula(void **state)
{
    (void)state;
    open_small(1, 2, 0);
    call_f32(&call, "v")[1] = 1;
    call_f32(&call, "o")[0] = 0.5F + 64 * UNIT;
    judge();
    assert_true(compare.wrong);
    double bound = expm1(8 * 0x1p-24) / 2 + 10 * 0x1p-24 / 2;
    assert_true(fabs(compare.first.bound / bound - 1) < 1e-6);
    call_release(&call);
}

/* The heaviest key's value is exactly 0, so the answer is exp(-200): no float is that small. */
static void an_answer_below_every_float_may_be_zero(void **state)
{
    (void)state;
    open_small(1, 2, 0);
    call_f32(&call, "q")[0] = 1;
    call_f32(&call, "k")[0] = 200;
    call_f32(&call, "v")[1] = 1;
    call_f32(&call, "o")[0] = 0;
    judge();
    assert_false(compare.wrong);
    call_f32(&call, "o")[0] = 1e-36F;
    judge();
    assert_true(compare.wrong);
    call_release(&call);
}

static void a_row_without_keys_is_exactly_zero(void **state)
{
    (void)state;
    open_small(3, 1, 1); /* rows 0 and 1 come before the first key */
    float *o = call_f32(&call, "o");
    call_f32(&call, "v")[0] = 1;
    o[0] = 0;
    o[1] = -0.0F;
    o[2] = 1;
    judge();
    assert_false(compare.wrong);

    o[1] = 1e-45F; /* the smallest number that is not zero */
    judge();
    assert_true(compare.wrong);
    assert_int_equal(compare.first.index[2], 1);
    assert_false(compare.first.unwritten);

    call_i32(&call, "kvlen")[0] = 0;
    o[1] = 0;
    judge();
    assert_true(compare.wrong); /* o[2] is 1, and sees no key now */
    o[2] = 0;
    judge();
    assert_false(compare.wrong);
    call_release(&call);
}

static void hostile_bits_never_pass(void **state)
{
    static const uint32_t patterns[] = {0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff,
                                        0x7f800000, 0xff800000, 0x7f7fffff, 0xff7fffff};
    (void)state;
    open_case("padding", 0);
    answer_independently();
    float *o = call_f32(&call, "o");
    for (size_t i = 0; i < COUNT(patterns); i++) {
        float kept = o[77];
        memcpy(&o[77], &patterns[i], sizeof o[77]);
        judge();
        assert_true(compare.wrong);
        assert_int_equal(compare.first.wrong_count, 1);
        assert_false(compare.first.unwritten); /* a NaN of their own making */
        o[77] = kept;
    }
    judge();
    assert_false(compare.wrong);
    call_release(&call);
}

static void an_output_never_written_is_wrong_everywhere(void **state)
{
    (void)state;
    for (int i = 0; i < spec.cases_count; i++) {
        if (spec.groups[spec.cases[i].group].is_speed)
            continue;
        open_case(spec.cases[i].name, 0);
        judge();
        assert_true(compare.wrong);
        assert_true(compare.first.unwritten);
        assert_int_equal(compare.first.wrong_count, call_count(&call, "o"));
        call_release(&call);
    }
}

/* Lowest and highest score over all visible pairs. */
static void scores_measure(double *out_low, double *out_high)
{
    int H = call_size(&call, "H"), Tq = call_size(&call, "Tq"), Tk = call_size(&call, "Tk");
    int heads = call_size(&call, "B") * H;

    *out_low = INFINITY;
    *out_high = -INFINITY;
    for (int head = 0; head < heads; head++)
        for (int i = 0; i < Tq; i++)
            for (int j = 0; j < Tk; j++)
                if (is_visible(head / H, i, j)) {
                    double s = (double)score(head * Tq + i, head * Tk + j);
                    *out_low = fmin(*out_low, s);
                    *out_high = fmax(*out_high, s);
                }
}

static void scores_reach_the_peak_and_no_more(void **state)
{
    static const char *const names[] = {"small", "odd", "padding", "cache", "hot37", "hot269"};
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        double low, high;
        open_case(names[i], 3);
        double peak = call_parameter(&call, "score_peak");
        scores_measure(&low, &high);
        assert_true(fabs(fmax(high, -low) / peak - 1) < PEAK_SLACK);
        assert_true(high > 0.99 * peak); /* an exp that overflows does so above 0 */
        call_release(&call);
    }
}

/* Which queries of head 0 of sequence 0 have a score beyond the reach of expf. */
static uint64_t rows_beyond_expf(void)
{
    uint64_t rows = 0; /* bit i % 64 */
    for (int i = 0; i < call_size(&call, "Tq"); i++)
        for (int j = 0; j < call_size(&call, "Tk"); j++)
            if (is_visible(0, i, j) && score(i, j) > 89) {
                rows |= UINT64_C(1) << i % 64;
                break;
            }
    return rows;
}

/* At ranked sizes too a softmax without its maximum must fail, and not in one row that a program
 * could treat apart. */
static void ranked_scores_pass_the_reach_of_expf_in_rows_that_are_drawn(void **state)
{
    (void)state;
    for (int i = 0; i < spec.cases_count; i++) {
        if (!spec.groups[spec.cases[i].group].is_speed)
            continue;
        open_case(spec.cases[i].name, 0);
        uint64_t rows = rows_beyond_expf();
        call_release(&call);
        assert_true(__builtin_popcountll(rows) >= 4);
        open_case(spec.cases[i].name, 1);
        assert_true(rows != rows_beyond_expf());
        call_release(&call);
    }
}

static void cold_scores_all_lie_below_the_reach_of_expf(void **state)
{
    double low, high;
    (void)state;
    open_case("cold", 1);
    scores_measure(&low, &high);
    assert_true(high < -104); /* expf is 0 below */
    assert_true(low > -136);
    call_release(&call);
}

static void sequence_lengths_are_what_their_words_say(void **state)
{
    (void)state;
    for (uint64_t iteration = 0; iteration < 20; iteration++) {
        open_case("padding", iteration);
        const int32_t *kvlen = call_i32(&call, "kvlen");
        assert_int_equal(kvlen[0], 33);
        assert_in_range(kvlen[1], 1, 32);
        assert_in_range(kvlen[2], 1, 32);
        call_release(&call);

        open_case("short_cache", iteration);
        kvlen = call_i32(&call, "kvlen");
        assert_in_range(kvlen[0], 16, 32);
        call_release(&call);

        open_case("empty", iteration);
        kvlen = call_i32(&call, "kvlen");
        assert_true(kvlen[0] * kvlen[1] * kvlen[2] == 0);
        assert_true(kvlen[0] + kvlen[1] + kvlen[2] > 0);
        call_release(&call);
    }
    open_case("padded", 0);
    assert_int_equal(call_i32(&call, "kvlen")[1] * 4, call_size(&call, "Tk") * 3);
    call_release(&call);
}

static void inputs_are_finite_and_never_denormal(void **state)
{
    static const char *const names[] = {"q", "k", "v"};
    (void)state;
    for (int i = 0; i < spec.cases_count; i++) {
        open_case(spec.cases[i].name, 4);
        for (size_t n = 0; n < COUNT(names); n++)
            for (size_t e = 0; e < call_count(&call, names[n]); e++) {
                int class = fpclassify(call_f32(&call, names[n])[e]);
                assert_true(class == FP_NORMAL || class == FP_ZERO);
            }
        call_release(&call);
    }
}

static void one_key_gives_the_same_inputs_and_another_does_not(void **state)
{
    (void)state;
    open_case("odd", 0);
    size_t bytes = call_count(&call, "q") * sizeof(float);
    float *first = malloc(bytes);
    assert_non_null(first);
    memcpy(first, call_f32(&call, "q"), bytes);
    call_release(&call);

    open_case("odd", 0);
    assert_memory_equal(first, call_f32(&call, "q"), bytes);
    call_release(&call);
    open_case("odd", 1);
    assert_memory_not_equal(first, call_f32(&call, "q"), bytes);
    call_release(&call);
    free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_independent_program_is_right_on_every_case),
        cmocka_unit_test(equal_keys_give_the_mean_of_their_values),
        cmocka_unit_test(the_bound_of_one_key_is_eight_roundings),
        cmocka_unit_test(the_bound_of_two_keys_is_the_formula),
        cmocka_unit_test(an_answer_below_every_float_may_be_zero),
        cmocka_unit_test(a_row_without_keys_is_exactly_zero),
        cmocka_unit_test(hostile_bits_never_pass),
        cmocka_unit_test(an_output_never_written_is_wrong_everywhere),
        cmocka_unit_test(scores_reach_the_peak_and_no_more),
        cmocka_unit_test(ranked_scores_pass_the_reach_of_expf_in_rows_that_are_drawn),
        cmocka_unit_test(cold_scores_all_lie_below_the_reach_of_expf),
        cmocka_unit_test(sequence_lengths_are_what_their_words_say),
        cmocka_unit_test(inputs_are_finite_and_never_denormal),
        cmocka_unit_test(one_key_gives_the_same_inputs_and_another_does_not),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
