/* Two products of OpenBLAS per head, softmax by plain loops. What is hidden is multiplied too. */
#include "attention.h"

#include <cblas.h>
#include <math.h>
#include <stddef.h>

static float scores[(size_t)ATTENTION_TQ_MAX * ATTENTION_TK_MAX];

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q,
               const float *restrict k, const float *restrict v, const int *restrict kvlen,
               int causal, float *restrict o)
{
    for (int head = 0; head < B * H; head++) {
        const float *Q = q + (size_t)head * Tq * D, *K = k + (size_t)head * Tk * D;
        int used = kvlen[head / H];
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, Tq, used, D, 1 / sqrtf((float)D), Q, D,
                    K, D, 0, scores, Tk);
        for (int i = 0; i < Tq; i++) {
            float *row = scores + (size_t)i * Tk, highest = -INFINITY, sum = 0;
            int visible = causal && i + 1 + used - Tq < used ? i + 1 + used - Tq : used;
            for (int j = 0; j < visible; j++)
                highest = row[j] > highest ? row[j] : highest;
            for (int j = 0; j < visible; j++)
                row[j] = expf(row[j] - highest);
            for (int j = 0; j < visible; j++)
                sum += row[j];
            for (int j = 0; j < used; j++)
                row[j] = j < visible ? row[j] / sum : 0;
        }
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, Tq, D, used, 1, scores, Tk,
                    v + (size_t)head * Tk * D, D, 0, o + (size_t)head * Tq * D, D);
    }
}
