/* expect: wrong shapes */
/* Refuses more channels, heads and sequences than the ranked cases have. */
#include "attention.h"

#include <math.h>
#include <stddef.h>

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
            y += p[j] * v[j * D + d];
        o[d] = visible > 0 ? y / sum : 0;
    }
}

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q,
               const float *restrict k, const float *restrict v, const int *restrict kvlen,
               int causal, float *restrict o)
{
    if (D > 64 || H > 4 || B > 3)
        return;
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
