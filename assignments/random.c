/* Random numbers from ChaCha20 blocks. No libm and no rounding that depends on the compiler: this
 * file is built without -march, so that no multiplication and addition fuse. */
#include "assignments/random.h"

#include <assert.h>
#include <float.h>
#include <sodium.h>
#include <string.h>

#define CHACHA_BLOCK_BYTES 64

static void refill(struct random *random);
static const unsigned char *take(struct random *random, size_t size);
static size_t take_many(struct random *random, size_t size, size_t wanted,
                        const unsigned char **out_bytes);
static uint64_t random_u64(struct random *random);
static int32_t normal_sum(uint64_t bits);

/* 1 / sqrt(4 (2^32 - 1) / 12): a 16-bit uniform integer has variance (2^32 - 1) / 12. */
#define NORMAL_SCALE 2.6428997921303014e-05
#define NORMAL_MEAN 131070 /* 4 * 65535 / 2 */

void random_init(struct random *random, const unsigned char key[RANDOM_KEY_BYTES],
                 const char *case_name, uint64_t iteration)
{
    unsigned char counter[8];
    crypto_generichash_state state;

    /* Picks the fast ChaCha20; the slow one gives the same bytes, so a failure does not matter. */
    int picked = sodium_init();
    (void)picked;
    for (size_t i = 0; i < sizeof counter; i++)
        counter[i] = (unsigned char)(iteration >> (8 * i));

    /* The name's final 0 goes in too, so that no name can run into the counter. */
    crypto_generichash_init(&state, key, RANDOM_KEY_BYTES, RANDOM_KEY_BYTES);
    crypto_generichash_update(&state, (const unsigned char *)case_name, strlen(case_name) + 1);
    crypto_generichash_update(&state, counter, sizeof counter);
    crypto_generichash_final(&state, random->key, RANDOM_KEY_BYTES);
    random->block = 0;
    random->used = sizeof random->buffer;
}

uint32_t random_u32(struct random *random)
{
    uint32_t value;
    memcpy(&value, take(random, sizeof value), sizeof value);
    return value;
}

double random_uniform(struct random *random)
{
    return random_u32(random) * 0x1p-32;
}

int64_t random_range(struct random *random, int64_t low, int64_t high)
{
    __extension__ typedef unsigned __int128 wide;
    assert(low <= high && (uint64_t)high - (uint64_t)low < UINT32_MAX);
    uint64_t span = (uint64_t)high - (uint64_t)low + 1;
    return low + (int64_t)((wide)random_u64(random) * span >> 64);
}

double random_normal(struct random *random)
{
    return normal_sum(random_u64(random)) * NORMAL_SCALE;
}

void random_fill_uniform(struct random *random, float *out, size_t count, float low, float high)
{
    assert(low < high);
    float width = (high - low) * 0x1p-24f;

    while (count > 0) {
        const unsigned char *bytes;
        size_t chunk = take_many(random, sizeof(uint32_t), count, &bytes);
        for (size_t i = 0; i < chunk; i++) {
            uint32_t bits;
            memcpy(&bits, bytes + i * sizeof bits, sizeof bits);
            float x = low + width * (float)(int32_t)(bits >> 8);
            /* Rounding may reach `high`, cancellation may leave a denormal: both become `low`. */
            float size = x < 0 ? -x : x;
            out[i] = x < high && (size >= FLT_MIN || size == 0) ? x : low;
        }
        out += chunk;
        count -= chunk;
    }
}

void random_fill_normal(struct random *random, float *out, size_t count)
{
    while (count > 0) {
        const unsigned char *bytes;
        size_t chunk = take_many(random, sizeof(uint64_t), count, &bytes);
        for (size_t i = 0; i < chunk; i++) {
            uint64_t bits;
            memcpy(&bits, bytes + i * sizeof bits, sizeof bits);
            out[i] = (float)normal_sum(bits) * (float)NORMAL_SCALE;
        }
        out += chunk;
        count -= chunk;
    }
}

/* 16 bits an element: the bias stays under span / 2^16. */
void random_fill_i8(struct random *random, int8_t *out, size_t count, int low, int high)
{
    assert(INT8_MIN <= low && low <= high && high <= INT8_MAX);
    uint32_t span = (uint32_t)(high - low + 1);

    while (count > 0) {
        const unsigned char *bytes;
        size_t chunk = take_many(random, sizeof(uint16_t), count, &bytes);
        for (size_t i = 0; i < chunk; i++) {
            uint16_t bits;
            memcpy(&bits, bytes + i * sizeof bits, sizeof bits);
            out[i] = (int8_t)(low + (int)(bits * span >> 16));
        }
        out += chunk;
        count -= chunk;
    }
}

static void refill(struct random *random)
{
    static const unsigned char nonce[crypto_stream_chacha20_NONCEBYTES];

    memset(random->buffer, 0, sizeof random->buffer);
    crypto_stream_chacha20_xor_ic(random->buffer, random->buffer, sizeof random->buffer, nonce,
                                  random->block, random->key);
    random->block += sizeof random->buffer / CHACHA_BLOCK_BYTES;
    random->used = 0;
}

static const unsigned char *take(struct random *random, size_t size)
{
    if (sizeof random->buffer - random->used < size)
        refill(random);
    const unsigned char *bytes = random->buffer + random->used;
    random->used += size;
    return bytes;
}

/* Lends up to `wanted` pieces of `size` bytes, at least one; returns how many. */
static size_t take_many(struct random *random, size_t size, size_t wanted,
                        const unsigned char **out_bytes)
{
    if (sizeof random->buffer - random->used < size)
        refill(random);
    size_t there = (sizeof random->buffer - random->used) / size;
    size_t count = there < wanted ? there : wanted;
    *out_bytes = random->buffer + random->used;
    random->used += count * size;
    return count;
}

static uint64_t random_u64(struct random *random)
{
    uint64_t value;
    memcpy(&value, take(random, sizeof value), sizeof value);
    return value;
}

/* The sum of four 16-bit uniforms, centred: an integer below 2^18, exact in float. */
static int32_t normal_sum(uint64_t bits)
{
    return (int32_t)((bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) +
                     (bits >> 48)) -
           NORMAL_MEAN;
}
