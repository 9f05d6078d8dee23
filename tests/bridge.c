/* Carries one random case of an assignment, and what its oracle makes of it, to a program in
 * another language: tests/crosscheck compares it with NumPy.
 *
 *   bridge dump ASSIGNMENT NUMBER          inputs, expected values and bounds, to stdout
 *   bridge judge ASSIGNMENT NUMBER FILE    the error ratio of an answer: its tensors as raw bytes,
 *                                          outputs and inouts in the order of the spec
 *
 * The dump is a sequence of records: a line "KIND NAME ELEMENT LENGTH...", then for the kinds
 * tensor, expected and bound as many raw elements; "end" is the last line. The same number always
 * draws the same sizes, options and inputs. */
#include "assignments/inputs.h"
#include "reference/oracle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_HERE 97.0 /* of any one size: ten shapes take a second */
#define STEPS_MAX 40

static struct err answer(char *const *argv);
static struct err draw(struct call *given, const struct spec *spec, struct spec_case *one,
                       unsigned char number);
static void sizes_draw(const struct spec *spec, struct spec_case *one, struct random *random);
static double knob_draw(const struct spec_parameter *knob, struct random *random);
static struct err dump(const struct call *given);
static void tensor_write(const struct call *given, int argument);
static struct err expected_write(const struct call *given, struct call *answer, int argument);
static struct err judge(const struct call *given, const char *path);
static bool is_answer(const struct spec_argument *argument);

static const char *const elements[] = {[SPEC_F32] = "f4", [SPEC_I32] = "i4", [SPEC_I8] = "i1"};

int main(int argc, char **argv)
{
    if (argc < 4 ||
        (strcmp(argv[1], "dump") != 0 && (strcmp(argv[1], "judge") != 0 || argc != 5))) {
        (void)fprintf(stderr, "usage: bridge dump|judge ASSIGNMENT NUMBER [FILE]\n");
        return 64;
    }
    struct err err = answer(argv);
    if (err_is(err))
        (void)fprintf(stderr, "bridge: %s\n", err.text);
    return err_is(err) ? 1 : 0;
}

static struct err answer(char *const *argv)
{
    static struct spec spec;
    static struct spec_case one;
    struct call given = {0};
    char path[256];

    (void)snprintf(path, sizeof path, "assignments/%.100s/assignment.json", argv[2]);
    struct err err = spec_load(&spec, path);
    if (err_is(err))
        return err;
    err = draw(&given, &spec, &one, (unsigned char)strtol(argv[3], NULL, 10));
    if (err_is(err))
        return err;
    return strcmp(argv[1], "dump") == 0 ? dump(&given) : judge(&given, argv[4]);
}

static struct err draw(struct call *given, const struct spec *spec, struct spec_case *one,
                       unsigned char number)
{
    const unsigned char key[RANDOM_KEY_BYTES] = {number, 41};
    struct random random;

    random_init(&random, key, "shape", 0);
    *one = spec->cases[0];
    sizes_draw(spec, one, &random);
    for (int i = 0; i < spec->parameters_count; i++)
        one->parameters[i] = knob_draw(&spec->parameters[i], &random);
    struct err err = call_allocate(given, spec, one);
    if (!err_is(err))
        err = inputs_find(spec->name)(given, &random);
    return err;
}

/* As often small as large: the logarithm is uniform. */
static void sizes_draw(const struct spec *spec, struct spec_case *one, struct random *random)
{
    for (int i = 0; i < spec->arguments_count; i++) {
        const struct spec_argument *argument = &spec->arguments[i];
        double high = fmin((double)argument->max, SIZE_MAX_HERE);
        if (argument->role == SPEC_OPTION && argument->values_count > 0)
            one->values[i] = argument->values[random_range(random, 0, argument->values_count - 1)];
        else if (argument->role == SPEC_OPTION)
            one->values[i] = random_range(random, 1, STEPS_MAX);
        else if (argument->role == SPEC_SIZE)
            one->values[i] =
                (int64_t)((double)argument->min *
                          exp(random_uniform(random) * log((high + 1) / (double)argument->min)));
    }
    /* A generator's one condition that a spec cannot say. */
    int d = spec_argument_index(spec, "d"), k = spec_argument_index(spec, "k");
    if (strcmp(spec->name, "pca") == 0 && one->values[k] > one->values[d])
        one->values[k] = one->values[d];
}

/* Masks, scales and zero points of every kind; numbers stay what they are by default. */
static double knob_draw(const struct spec_parameter *knob, struct random *random)
{
    /* The one word that wants sizes of its own. */
    if (!knob->is_word || strcmp(knob->name, "spectrum") == 0)
        return knob->preset;
    return (double)random_range(random, 0, knob->words_count - 1);
}

static struct err dump(const struct call *given)
{
    const struct spec *spec = given->spec;
    struct call answer = {0};
    struct err err = call_allocate(&answer, spec, given->which);

    for (int i = 0; i < spec->arguments_count; i++) {
        const struct spec_argument *argument = &spec->arguments[i];
        if (argument->role == SPEC_SIZE || argument->role == SPEC_OPTION)
            printf("size %s i8 %lld\n", argument->name, (long long)given->which->values[i]);
        else if (argument->role == SPEC_SCALAR)
            printf("scalar %s f8 %.17g\n", argument->name, given->scalars[i]);
        else if (argument->role != SPEC_OUTPUT)
            tensor_write(given, i);
    }
    for (int i = 0; i < spec->arguments_count && !err_is(err); i++)
        if (is_answer(&spec->arguments[i]))
            err = expected_write(given, &answer, i);
    printf("end\n");
    call_release(&answer);
    return err;
}

static void tensor_write(const struct call *given, int argument)
{
    const struct spec *spec = given->spec;
    const struct spec_argument *it = &spec->arguments[argument];

    printf("tensor %s %s", it->name, elements[it->element]);
    for (int r = 0; r < it->rank; r++) {
        int64_t length = 0;
        (void)expression_value(&it->shape[r], given->which->values, &length); /* checked: loaded */
        printf(" %lld", (long long)length);
    }
    printf("\n");
    (void)fwrite(given->tensors[argument].at, 1,
                 (size_t)spec_tensor_bytes(spec, given->which, argument), stdout);
}

/* Nothing for a tensor that the oracle judges without an expected value (components of pca). */
static struct err expected_write(const struct call *given, struct call *answer, int argument)
{
    const size_t count = answer->tensors[argument].count;
    auto_free double *expected = calloc(2 * count, sizeof *expected);
    struct compare compare;

    if (expected == NULL)
        return err_make(ERR_SYSTEM, "memory for %zu values", count);
    for (size_t i = 0; i < 2 * count; i++)
        expected[i] = NAN;
    compare_init(&compare);
    compare.tap_part = given->spec->arguments[argument].name;
    compare.tap = expected;
    compare.tap_bound = expected + count;
    compare.tap_count = count;
    compare.tap_norms = true;
    struct err err = oracle_find(given->spec->name)(given, answer, &compare);
    if (err_is(err) || isnan(expected[count - 1]))
        return err;
    printf("expected %s f8 %zu\n", compare.tap_part, count);
    (void)fwrite(expected, sizeof *expected, count, stdout);
    printf("bound %s f8 %zu\n", compare.tap_part, count);
    (void)fwrite(expected + count, sizeof *expected, count, stdout);
    return err;
}

static struct err judge(const struct call *given, const char *path)
{
    const struct spec *spec = given->spec;
    struct call answer = {0};
    struct compare compare;
    struct err err = call_allocate(&answer, spec, given->which);
    FILE *file = fopen(path, "re");

    if (file == NULL)
        err = err_make(ERR_SYSTEM, "open '%s'", path);
    for (int i = 0; i < spec->arguments_count && !err_is(err); i++) {
        size_t bytes = (size_t)spec_tensor_bytes(spec, given->which, i);
        if (is_answer(&spec->arguments[i]) && fread(answer.tensors[i].at, 1, bytes, file) != bytes)
            err = err_make(ERR_INPUT, "'%s' ends within %s", path, spec->arguments[i].name);
    }
    if (file != NULL)
        (void)fclose(file); /* read only */
    compare_init(&compare);
    if (!err_is(err))
        err = oracle_find(spec->name)(given, &answer, &compare);
    if (!err_is(err))
        printf("%s %.3g\n", compare.wrong ? "wrong" : "right", compare.error_ratio);
    call_release(&answer);
    return err;
}

static bool is_answer(const struct spec_argument *argument)
{
    return argument->role == SPEC_OUTPUT || argument->role == SPEC_INOUT;
}
