/* expect: wrong everywhere */
/* Weights and v rounded to tf32, as tensor cores would. */
#include "attention.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

__attribute__((noinline)) static float tf32(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    bits = (bits + 0x1000u) & 0xFFFFE000u;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void row(int D, int visible, const float *q, const float *k, const float *v, float *o)
{
    float p[ATTENTION_TK_MAX], highest = -INFINITY, sum = 0;

    for (int j = 0; j < visible; j++) {
        float s = 0;
        for (int d = 0; d < D; d++)
            s += q[d] * k[j * D + d];
        p[j] = s / sqrtf((float)D);
        if (p[j] > highest)
            highest = p[j];
    }
    for (int j = 0; j < visible; j++) {
        p[j] = expf(p[j] - highest);
        sum += p[j];
    }
    for (int d = 0; d < D; d++) {
        float y = 0;
        for (int j = 0; j < visible; j++)
            y += tf32(p[j]) * tf32(v[j * D + d]);
        o[d] = visible > 0 ? y / sum : 0;
    }
}

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q,
               const float *restrict k, const float *restrict v, const int *restrict kvlen,
               int causal, float *restrict o)
{
    for (int b = 0; b < B; b++)
        for (int h = 0; h < H; h++)
            for (int i = 0; i < Tq; i++) {
                size_t head = (size_t)(b * H + h);
                size_t from = head * (size_t)Tk * (size_t)D;
                int visible = kvlen[b];
                if (causal && i + kvlen[b] - Tq + 1 < visible)
                    visible = i + kvlen[b] - Tq + 1;
                row(D, visible, q + (head * (size_t)Tq + (size_t)i) * (size_t)D, k + from, v + from,
                    o + (head * (size_t)Tq + (size_t)i) * (size_t)D);
            }
}
