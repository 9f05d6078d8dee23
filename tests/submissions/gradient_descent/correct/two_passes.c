/* expect: pass */
/* Residuals of all rows first, then the gradient. */
#include "gradient_descent.h"

#include <math.h>
#include <stddef.h>

static float residuals[GRADIENT_DESCENT_N_MAX];

static void predict(int logistic, int n, int d, const float *X, const float *y, const float *w,
                    float b)
{
    for (int i = 0; i < n; i++) {
        float z = 0;
        for (int j = 0; j < d; j++)
            z += X[(size_t)i * d + j] * w[j];
        z += b;
        residuals[i] = (logistic ? 1 / (1 + expf(-z)) : z) - y[i];
    }
}

void gradient_descent(int logistic, int n, int d, const float *restrict X, const float *restrict y,
                      float lr, int steps, float *restrict w, float *restrict b)
{
    for (int step = 0; step < steps; step++) {
        predict(logistic, n, d, X, y, w, b[0]);
        for (int j = 0; j < d; j++) {
            float sum = 0;
            for (int i = 0; i < n; i++)
                sum += X[(size_t)i * d + j] * residuals[i];
            w[j] -= lr * (sum / n);
        }
        float sum = 0;
        for (int i = 0; i < n; i++)
            sum += residuals[i];
        b[0] -= lr * (sum / n);
    }
}
