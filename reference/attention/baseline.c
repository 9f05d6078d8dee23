/* Plain float attention: what speed is measured against. Written as the textbook has it: a row of
 * scores over all keys, minus infinity where the mask hides one, softmax, weighted sum. The
 * compiler may do with it what it can. */
#include "attention.h"

#include <math.h>
#include <stddef.h>

/* One query row; the keys from `visible` on are hidden. */
static void attention_row(int D, int Tk, int visible, const float *restrict q,
                          const float *restrict k, const float *restrict v, float *restrict o)
{
    float scores[ATTENTION_TK_MAX];
    float highest = -INFINITY, sum = 0;

    for (int j = 0; j < Tk; j++) {
        float score = 0;
        for (int d = 0; d < D; d++)
            score += q[d] * k[(size_t)j * (size_t)D + (size_t)d];
        scores[j] = j < visible ? score / sqrtf((float)D) : -INFINITY;
        if (scores[j] > highest)
            highest = scores[j];
    }
    for (int d = 0; d < D; d++)
        o[d] = 0;
    if (visible <= 0)
        return;
    for (int j = 0; j < Tk; j++) {
        scores[j] = expf(scores[j] - highest);
        sum += scores[j];
    }
    for (int j = 0; j < Tk; j++)
        for (int d = 0; d < D; d++)
            o[d] += scores[j] / sum * v[(size_t)j * (size_t)D + (size_t)d];
}

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q,
               const float *restrict k, const float *restrict v, const int *restrict kvlen,
               int causal, float *restrict o)
{
    for (int b = 0; b < B; b++)
        for (int h = 0; h < H; h++)
            for (int i = 0; i < Tq; i++) {
                size_t head = (size_t)b * (size_t)H + (size_t)h;
                size_t keys = head * (size_t)Tk * (size_t)D;
                size_t row = (head * (size_t)Tq + (size_t)i) * (size_t)D;
                int visible = kvlen[b];
                if (causal && i + 1 + kvlen[b] - Tq < visible)
                    visible = i + 1 + kvlen[b] - Tq;
                attention_row(D, Tk, visible, q + row, k + keys, v + keys, o + row);
            }
}
