/* expect: pass */
/* All keys are scored, hidden ones get minus infinity. */
#include "attention.h"

#include <math.h>
#include <stddef.h>

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q,
               const float *restrict k, const float *restrict v, const int *restrict kvlen,
               int causal, float *restrict o)
{
    float s[ATTENTION_TK_MAX];

    for (int b = 0; b < B; b++)
        for (int h = 0; h < H; h++)
            for (int i = 0; i < Tq; i++) {
                const float *query = q + ((b * H + h) * Tq + i) * D;
                const float *key = k + (b * H + h) * Tk * D, *value = v + (b * H + h) * Tk * D;
                float *out = o + ((b * H + h) * Tq + i) * D;
                float highest = -INFINITY, sum = 0;
                for (int j = 0; j < Tk; j++) {
                    s[j] = 0;
                    for (int d = 0; d < D; d++)
                        s[j] += query[d] * key[j * D + d];
                    s[j] *= 1 / sqrtf((float)D);
                    if (j >= kvlen[b] || (causal && j > i + kvlen[b] - Tq))
                        s[j] = -INFINITY;
                    highest = fmaxf(highest, s[j]);
                }
                for (int d = 0; d < D; d++)
                    out[d] = 0;
                if (highest == -INFINITY)
                    continue;
                for (int j = 0; j < Tk; j++)
                    sum += s[j] = expf(s[j] - highest);
                for (int j = 0; j < Tk; j++)
                    for (int d = 0; d < D; d++)
                        out[d] += s[j] / sum * value[j * D + d];
            }
}
