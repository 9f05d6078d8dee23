/* expect: pass */
/* Online softmax over blocks of keys, as in FlashAttention (Dao et al. 2022). */
#include "attention.h"

#include <math.h>
#include <stddef.h>

enum { KEYS = 48 };

static void row(int D, int visible, const float *q, const float *k, const float *v, float *o)
{
    float y[ATTENTION_D_MAX] = {0}, highest = -INFINITY, sum = 0, root = sqrtf((float)D);

    for (int from = 0; from < visible; from += KEYS) {
        int count = visible - from < KEYS ? visible - from : KEYS;
        float p[KEYS], before = highest;
        for (int j = 0; j < count; j++) {
            p[j] = 0;
            for (int d = 0; d < D; d++)
                p[j] += q[d] * k[(from + j) * D + d];
            p[j] /= root;
            highest = p[j] > highest ? p[j] : highest;
        }
        float shrink = expf(before - highest);
        sum *= shrink;
        for (int d = 0; d < D; d++)
            y[d] *= shrink;
        for (int j = 0; j < count; j++) {
            float weight = expf(p[j] - highest);
            sum += weight;
            for (int d = 0; d < D; d++)
                y[d] += weight * v[(from + j) * D + d];
        }
    }
    for (int d = 0; d < D; d++)
        o[d] = sum > 0 ? y[d] / sum : 0;
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
