/* Micro-benchmarks of one core. The best of a few runs: a peak is what nothing disturbed. Written
 * for each width, for the worker itself is built for the oldest x86-64. */
#include "worker/peaks.h"

#include "sandbox/base/err.h"

#include <immintrin.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#define TRIES 7
#define ROUNDS 500000
#define SUMS 12              /* independent: latency 4 times 2 units, and some */
#define READ_BYTES (3 << 19) /* 1.5 MB: of a second-level cache, and of no first-level one */
#define READ_ROUNDS 200

/* Operations (or bytes) of one run; it does them and nothing else. */
typedef double (*work_fn)(float *array);

static double best_bytes(bool wide);
static double best_rate(work_fn work, float *array);
static double seconds(void);
static double float_wide(float *array);
static double float_narrow(float *array);
static double bytes_vnni(float *array);
static double bytes_vnni_narrow(float *array);
static double bytes_pairs(float *array);
static double bytes_pairs_narrow(float *array);
static double read_wide(float *array);
static double read_narrow(float *array);

void peaks_measure(struct speed_peaks *out)
{
    float *array = aligned_alloc(64, READ_BYTES);

    *out = (struct speed_peaks){.gigaflops = 0};
    if (array == NULL)
        return;
    for (size_t i = 0; i < READ_BYTES / sizeof *array; i++)
        array[i] = (float)i;
    __builtin_cpu_init();
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
    if (wide || __builtin_cpu_supports("avx2")) {
        out->gigaflops = best_rate(wide ? float_wide : float_narrow, array);
        out->gigaops = best_bytes(wide);
        out->gigabytes = best_rate(wide ? read_wide : read_narrow, array);
    }
    free(array);
}

/* Of whatever instruction for products of bytes there is, in either width. */
static double best_bytes(bool wide)
{
    const struct {
        bool here;
        work_fn work;
    } ways[] = {
        {wide && __builtin_cpu_supports("avx512vnni"), bytes_vnni},
        {__builtin_cpu_supports("avxvnni"), bytes_vnni_narrow},
        {wide, bytes_pairs},
        {true, bytes_pairs_narrow},
    };
    double best = 0;

    for (size_t i = 0; i < COUNT(ways); i++) {
        const double rate = ways[i].here ? best_rate(ways[i].work, NULL) : 0;
        best = rate > best ? rate : best;
    }
    return best;
}

static double best_rate(work_fn work, float *array)
{
    double best = 0;

    for (int i = 0; i < TRIES; i++) {
        double start = seconds();
        double done = work(array);
        double took = seconds() - start;
        double rate = took > 0 ? done / took / 1e9 : 0;
        best = rate > best ? rate : best;
    }
    return best;
}

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* cannot fail */
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* One kernel of arithmetic: SUMS chains of `step`. The empty asm in each step makes `a` another
 * value every time as far as the compiler knows, at no instruction's cost: without it all chains
 * are the same one, which is then computed once. The other keep the work in the loop, and its
 * results. */
#define KERNEL(name, isa, type, one, step, operations)                                             \
    __attribute__((target(isa))) static double name(float *array)                                  \
    {                                                                                              \
        type sums[SUMS] = {0}, a = (one), b = a;                                                   \
                                                                                                   \
        (void)array;                                                                               \
        for (int i = 0; i < ROUNDS; i++) {                                                         \
            __asm__ volatile("" : "+v"(b));                                                        \
            _Pragma("GCC unroll 16") for (int s = 0; s < SUMS; s++)                                \
            {                                                                                      \
                __asm__ volatile("" : "+v"(a));                                                    \
                sums[s] = step;                                                                    \
            }                                                                                      \
        }                                                                                          \
        for (int s = 0; s < SUMS; s++)                                                             \
            __asm__ volatile("" : : "v"(sums[s]));                                                 \
        return 2.0 * (operations)*SUMS * ROUNDS;                                                   \
    }

// clang-format off
KERNEL(float_wide, "avx512f", __m512, _mm512_set1_ps(1), _mm512_fmadd_ps(a, b, sums[s]), 16)
KERNEL(float_narrow, "avx2,fma", __m256, _mm256_set1_ps(1), _mm256_fmadd_ps(a, b, sums[s]), 8)
KERNEL(bytes_vnni, "avx512f,avx512bw,avx512vnni", __m512i, _mm512_set1_epi8(1),
       _mm512_dpbusd_epi32(sums[s], a, b), 64)
KERNEL(bytes_vnni_narrow, "avx2,avxvnni", __m256i, _mm256_set1_epi8(1),
       _mm256_dpbusd_avx_epi32(sums[s], a, b), 32)
/* Without such an instruction: pairs of products, added up in 16 bits. A real kernel must widen them
 * now and then, which is not counted. */
KERNEL(bytes_pairs, "avx512f,avx512bw", __m512i, _mm512_set1_epi8(1),
       _mm512_add_epi16(sums[s], _mm512_maddubs_epi16(a, b)), 64)
KERNEL(bytes_pairs_narrow, "avx2", __m256i, _mm256_set1_epi8(1),
       _mm256_add_epi16(sums[s], _mm256_maddubs_epi16(a, b)), 32)
// clang-format on

__attribute__((target("avx512f"))) static double read_wide(float *array)
{
    enum { LANES = 16, STEP = 8 * LANES, COUNT_ALL = READ_BYTES / 4 };
    __m512 sums[8] = {0};

    for (int round = 0; round < READ_ROUNDS; round++)
        for (size_t i = 0; i + STEP <= COUNT_ALL; i += STEP)
#pragma GCC unroll 8
            for (size_t s = 0; s < 8; s++)
                sums[s] = _mm512_add_ps(sums[s], _mm512_load_ps(array + i + s * LANES));
    for (int s = 0; s < 8; s++)
        __asm__ volatile("" : : "v"(sums[s]));
    return (double)READ_BYTES * READ_ROUNDS;
}

__attribute__((target("avx2"))) static double read_narrow(float *array)
{
    enum { LANES = 8, STEP = 8 * LANES, COUNT_ALL = READ_BYTES / 4 };
    __m256 sums[8] = {0};

    for (int round = 0; round < READ_ROUNDS; round++)
        for (size_t i = 0; i + STEP <= COUNT_ALL; i += STEP)
#pragma GCC unroll 8
            for (size_t s = 0; s < 8; s++)
                sums[s] = _mm256_add_ps(sums[s], _mm256_load_ps(array + i + s * LANES));
    for (int s = 0; s < 8; s++)
        __asm__ volatile("" : : "x"(sums[s]));
    return (double)READ_BYTES * READ_ROUNDS;
}
