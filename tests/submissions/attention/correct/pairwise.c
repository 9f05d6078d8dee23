/* expect: pass */
/* Sums by halves. */
#include "attention.h"

#include <math.h>
#include <stddef.h>

static float dot(int n, const float *x, const float *y, size_t step)
{
    if (n == 1)
        return x[0] * y[0];
    int half = n / 2;
    return dot(half, x, y, step) + dot(n - half, x + half, y + (size_t)half * step, step);
}

static float total(int n, const float *x)
{
    return n == 1 ? x[0] : total(n / 2, x) + total(n - n / 2, x + n / 2);
}

static void row(int D, int visible, const float *q, const float *k, const float *v, float *o)
{
    float p[ATTENTION_TK_MAX], highest = -INFINITY, root = sqrtf((float)D);

    for (int j = 0; j < visible; j++) {
        p[j] = dot(D, q, k + j * D, 1) / root;
        highest = fmaxf(highest, p[j]);
    }
    for (int j = 0; j < visible; j++)
        p[j] = expf(p[j] - highest);
    for (int d = 0; d < D; d++)
        o[d] = visible > 0 ? dot(visible, p, v + d, (size_t)D) / total(visible, p) : 0;
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
