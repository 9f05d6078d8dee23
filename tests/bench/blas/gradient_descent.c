/* Two matrix-vector products of OpenBLAS per step. */
#include "gradient_descent.h"

#include <cblas.h>
#include <math.h>

static float r[GRADIENT_DESCENT_N_MAX];

void gradient_descent(int logistic, int n, int d, const float *restrict X, const float *restrict y,
                      float lr, int steps, float *restrict w, float *restrict b)
{
    for (int step = 0; step < steps; step++) {
        float sum = 0;
        for (int i = 0; i < n; i++)
            r[i] = b[0];
        cblas_sgemv(CblasRowMajor, CblasNoTrans, n, d, 1, X, d, w, 1, 1, r, 1);
        for (int i = 0; i < n; i++)
            r[i] = (logistic ? 1 / (1 + expf(-r[i])) : r[i]) - y[i];
        for (int i = 0; i < n; i++)
            sum += r[i];
        cblas_sgemv(CblasRowMajor, CblasTrans, n, d, -lr / (float)n, X, d, r, 1, 1, w, 1);
        b[0] -= lr * sum / (float)n;
    }
}
