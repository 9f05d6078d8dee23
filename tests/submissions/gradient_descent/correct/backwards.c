/* expect: pass */
/* Rows and columns from last to first, the mean taken row by row. */
#include "gradient_descent.h"

#include <math.h>
#include <stddef.h>

void gradient_descent(int logistic, int n, int d, const float *restrict X, const float *restrict y,
                      float lr, int steps, float *restrict w, float *restrict b)
{
    float gradient[GRADIENT_DESCENT_D_MAX];

    for (int step = 0; step < steps; step++) {
        float bias = 0;
        for (int j = 0; j < d; j++)
            gradient[j] = 0;
        for (int i = n - 1; i >= 0; i--) {
            float z = b[0];
            for (int j = d - 1; j >= 0; j--)
                z += X[(size_t)i * d + j] * w[j];
            float r = (logistic ? 1 / (1 + expf(-z)) : z) - y[i];
            r /= n;
            for (int j = 0; j < d; j++)
                gradient[j] += X[(size_t)i * d + j] * r;
            bias += r;
        }
        for (int j = 0; j < d; j++)
            w[j] -= lr * gradient[j];
        b[0] -= lr * bias;
    }
}
