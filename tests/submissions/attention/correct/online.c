/* expect: pass */
/* One walk over the keys: the sums are rescaled whenever the maximum moves.
 *
 * Source: Milakov and Gimelshein, Online normalizer calculation for softmax, 2018. */
#include "attention.h"

#include <math.h>
#include <stddef.h>

static void row(int D, int visible, const float *q, const float *k, const float *v, float *o)
{
    float y[ATTENTION_D_MAX] = {0}, highest = -INFINITY, sum = 0;

    for (int j = 0; j < visible; j++) {
        float s = 0;
        for (int d = 0; d < D; d++)
            s += q[d] * k[j * D + d];
        s /= sqrtf((float)D);
        if (s > highest) {
            float shrink = expf(highest - s); /* 0 for the first key */
            sum *= shrink;
            for (int d = 0; d < D; d++)
                y[d] *= shrink;
            highest = s;
        }
        float p = expf(s - highest);
        sum += p;
        for (int d = 0; d < D; d++)
            y[d] += p * v[j * D + d];
    }
    for (int d = 0; d < D; d++)
        o[d] = visible > 0 ? y[d] / sum : 0;
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
