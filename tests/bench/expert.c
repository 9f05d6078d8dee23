/* Times the ranked cases of one assignment by three programs that are linked in: the baseline, the
 * expert, and one of BLAS and LAPACK calls; see tests/bench/expert. Fresh inputs each round, the
 * three by turns, the outputs of the first round judged by the oracle. */
#include "assignments/inputs.h"
#include "reference/oracle.h"
#include "worker/peaks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WHO = 3, ROUNDS_MAX = 99 };

typedef void (*adapter_fn)(const int64_t *values, const double *scalars, void *const *tensors);
void adapter_baseline(const int64_t *values, const double *scalars, void *const *tensors);
void adapter_expert(const int64_t *values, const double *scalars, void *const *tensors);
void adapter_blas(const int64_t *values, const double *scalars, void *const *tensors);

static const struct {
    const char *name;
    adapter_fn call;
} who[WHO] = {{"baseline", adapter_baseline}, {"expert", adapter_expert}, {"blas", adapter_blas}};

/* CPU time: what another process takes from the core is not ours. */
static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double run(int which, const struct spec *spec, const struct call *given, struct call *answer)
{
    int64_t values[SPEC_ARGUMENTS_MAX] = {0};
    void *tensors[SPEC_ARGUMENTS_MAX] = {0};

    call_poison_outputs(answer);
    for (int i = 0; i < spec->arguments_count; i++) {
        enum spec_role role = spec->arguments[i].role;
        values[i] = given->which->values[i];
        tensors[i] = role == SPEC_INPUT ? given->tensors[i].at : answer->tensors[i].at;
        if (role == SPEC_INOUT)
            memcpy(tensors[i], given->tensors[i].at,
                   (size_t)spec_tensor_bytes(spec, given->which, i));
    }
    double start = now_ms();
    who[which].call(values, given->scalars, tensors);
    return now_ms() - start;
}

static const char *judged(const struct spec *spec, const struct call *given,
                          const struct call *answer)
{
    struct compare compare;
    compare_init(&compare);
    if (err_is(oracle_find(spec->name)(given, answer, &compare)))
        return "?";
    return compare.wrong ? "WRONG" : "right";
}

static void bench_case(const struct spec *spec, const struct spec_case *one, int rounds)
{
    static double took[WHO][ROUNDS_MAX];
    const char *verdicts[WHO];
    const bool is_int =
        spec->arguments[spec_argument_index(spec, "A") > 0 ? spec_argument_index(spec, "A") : 0]
                .element == SPEC_I8 &&
        spec_argument_index(spec, "A") >= 0;
    const unsigned char key[RANDOM_KEY_BYTES] = {99};
    struct call given, answer;
    struct random random;
    int64_t flops = 0, bytes = 0;

    if (err_is(call_allocate(&given, spec, one)) || err_is(call_allocate(&answer, spec, one)))
        exit(1);
    (void)expression_value(&one->flops, one->values, &flops);
    (void)expression_value(&one->bytes, one->values, &bytes);
    for (int round = 0; round <= rounds; round++) {
        random_init(&random, key, one->name, (uint64_t)round);
        if (err_is(inputs_find(spec->name)(&given, &random)))
            exit(1);
        for (int turn = 0; turn < WHO; turn++) {
            int which = (turn + round) % WHO;
            double ms = run(which, spec, &given, &answer);
            if (round == 0) /* warms up, and is judged */
                verdicts[which] = judged(spec, &given, &answer);
            else
                took[which][round - 1] = ms;
        }
    }

    struct speed_peaks peaks;
    peaks_measure(&peaks);
    double peak = is_int ? peaks.gigaops : peaks.gigaflops, read = peaks.gigabytes;
    double roof = bytes > 0 && read * (double)flops / (double)bytes < peak
                      ? read * (double)flops / (double)bytes
                      : peak;
    char words[160];
    spec_case_words(spec, one, words, sizeof words);
    printf("\n%s %s   %s   roof %.0f G%s/s (peak %.0f, L2 read %.0f GB/s)\n", spec->name, one->name,
           words, roof, is_int ? "op" : "FLOP", peak, read);
    for (int which = 0; which < WHO; which++)
        qsort(took[which], (size_t)rounds, sizeof(double), by_size);
    for (int which = 0; which < WHO; which++) {
        double ms = took[which][rounds / 2], rate = (double)flops / ms / 1e6;
        printf("  %-9s %8.3f ms  %6.2fx  %7.1f G%s/s  %6.1f GB/s  %5.1f %% of the roof  %s\n",
               who[which].name, ms, took[0][rounds / 2] / ms, rate, is_int ? "op" : "FLOP",
               (double)bytes / ms / 1e6, 100 * rate / roof, verdicts[which]);
    }
    call_release(&given);
    call_release(&answer);
}

int main(int argc, char **argv)
{
    static struct spec spec;
    char path[256];
    int rounds = argc == 3 ? (int)strtol(argv[2], NULL, 10) : 0;

    if (rounds < 1 || rounds > ROUNDS_MAX)
        return 64;
    (void)snprintf(path, sizeof path, "assignments/%.100s/assignment.json", argv[1]);
    struct err err = spec_load(&spec, path);
    if (err_is(err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    for (int i = 0; i < spec.cases_count; i++)
        if (spec.groups[spec.cases[i].group].is_speed)
            bench_case(&spec, &spec.cases[i], rounds);
    return 0;
}
