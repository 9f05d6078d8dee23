/* Micro-benchmarks of one core. The best of a few runs: a peak is what nothing disturbed. */
#include "tests/bench/peaks.h"

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

enum { TRIES = 7, SUMS = 12 };

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#ifdef __AVX512F__
typedef float vec __attribute__((vector_size(64)));
#else
typedef float vec __attribute__((vector_size(32)));
#endif

double peak_float_gflops(void)
{
    enum { LANES = sizeof(vec) / 4, ROUNDS = 1000000 };
    double best = 0;

    for (int try = 0; try < TRIES; try++) {
        vec sums[SUMS] = {0}, a = {1}, b = {1};
        double start = seconds();
        for (int i = 0; i < ROUNDS; i++) {
            __asm__ volatile("" : "+v"(a), "+v"(b));
#pragma GCC unroll 16
            for (int s = 0; s < SUMS; s++)
                sums[s] += a * b;
        }
        double took = seconds() - start;
        for (int s = 0; s < SUMS; s++)
            __asm__ volatile("" : : "v"(sums[s]));
        double rate = 2.0 * LANES * SUMS * ROUNDS / took / 1e9;
        best = rate > best ? rate : best;
    }
    return best;
}

#ifdef __AVX512F__
__attribute__((target("avx512vnni"))) static double int8_vnni(void)
{
    enum { ROUNDS = 1000000 };
    __m512i sums[SUMS] = {0}, a = _mm512_set1_epi8(1), b = a;
    double start = seconds();
    for (int i = 0; i < ROUNDS; i++) {
        __asm__ volatile("" : "+v"(a), "+v"(b));
#pragma GCC unroll 16
        for (int s = 0; s < SUMS; s++)
            sums[s] = _mm512_dpbusd_epi32(sums[s], a, b);
    }
    double took = seconds() - start;
    for (int s = 0; s < SUMS; s++)
        __asm__ volatile("" : : "v"(sums[s]));
    return 2.0 * 64 * SUMS * ROUNDS / took / 1e9;
}
#endif

static double int8_pairs(void)
{
    enum { ROUNDS = 1000000 };
    __m256i sums[SUMS] = {0}, a = _mm256_set1_epi16(1), b = a;
    double start = seconds();
    for (int i = 0; i < ROUNDS; i++) {
        __asm__ volatile("" : "+x"(a), "+x"(b));
#pragma GCC unroll 16
        for (int s = 0; s < SUMS; s++)
            sums[s] = _mm256_add_epi32(sums[s], _mm256_madd_epi16(a, b));
    }
    double took = seconds() - start;
    for (int s = 0; s < SUMS; s++)
        __asm__ volatile("" : : "x"(sums[s]));
    return 2.0 * 16 * SUMS * ROUNDS / took / 1e9;
}

double peak_int8_gops(void)
{
    double best = 0;

    for (int try = 0; try < TRIES; try++) {
        double rate = int8_pairs();
        best = rate > best ? rate : best;
#ifdef __AVX512F__
        __builtin_cpu_init();
        rate = __builtin_cpu_supports("avx512vnni") ? int8_vnni() : 0;
        best = rate > best ? rate : best;
#endif
    }
    return best;
}

double peak_read_gbs(void)
{
    enum { BYTES = 3 << 19, ROUNDS = 200 };
    vec *all = aligned_alloc(64, BYTES);
    double best = 0;

    for (size_t i = 0; i < BYTES / sizeof *all; i++)
        all[i] = (vec){(float)i};
    for (int try = 0; try < TRIES; try++) {
        vec sums[8] = {0};
        double start = seconds();
        for (int round = 0; round < ROUNDS; round++)
            for (size_t i = 0; i + 8 <= BYTES / sizeof *all; i += 8)
#pragma GCC unroll 8
                for (int s = 0; s < 8; s++)
                    sums[s] += all[i + (size_t)s];
        double took = seconds() - start;
        for (int s = 0; s < 8; s++)
            __asm__ volatile("" : : "v"(sums[s]));
        double rate = (double)BYTES * ROUNDS / took / 1e9;
        best = rate > best ? rate : best;
    }
    free(all);
    return best;
}
