/* Seeded inputs: a stream of random numbers from a 256-bit key. ChaCha20 of libsodium behind a
 * buffer, so it is fast, the same on every machine, and cannot be predicted without the key.
 *
 * Integers and one multiplication only, no libm: a regrade anywhere sees the same bits. */
#ifndef ASSIGNMENTS_RANDOM_H
#define ASSIGNMENTS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#define RANDOM_KEY_BYTES 32

struct random {
    unsigned char key[RANDOM_KEY_BYTES];
    uint64_t block; /* next ChaCha block to make */
    size_t used;    /* bytes used of buffer */
    unsigned char buffer[4096];
};

/* The stream for one call: keyed by BLAKE2b(key, case name, iteration). */
void random_init(struct random *random, const unsigned char key[RANDOM_KEY_BYTES],
                 const char *case_name, uint64_t iteration);

/* Single draws. */
uint32_t random_u32(struct random *random);
double random_uniform(struct random *random); /* [0, 1) with 32 bits */
int64_t random_range(struct random *random, int64_t low,
                     int64_t high); /* both included; bias < 2^-32 */

/* Bulk fills, several GB/s class: low <= x < high, never denormal. */
void random_fill_uniform(struct random *random, float *out, size_t count, float low, float high);

/* Approximately normal, mean 0, variance 1: the sum of four 16-bit uniforms, |x| < 3.47, never
 * denormal (exact zero is possible). */
void random_fill_normal(struct random *random, float *out, size_t count);
double random_normal(struct random *random);

/* low <= out[i] <= high, both within -128..127. */
void random_fill_i8(struct random *random, int8_t *out, size_t count, int low, int high);

#endif
