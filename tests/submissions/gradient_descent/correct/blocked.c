/* expect: pass */
/* Eight rows at a time in plain C, tails by themselves. */
#include "gradient_descent.h"

#include <math.h>
#include <stddef.h>

enum { ROWS = 8 };

static void rows_add(int logistic, int rows, int d, const float *x, const float *y, const float *w,
                     float b, float *gradient, float *bias)
{
    float r[ROWS];

    for (int i = 0; i < rows; i++) {
        float part[4] = {b, 0, 0, 0};
        int j = 0;
        for (; j + 4 <= d; j += 4)
            for (int l = 0; l < 4; l++)
                part[l] += x[(size_t)i * d + j + l] * w[j + l];
        for (; j < d; j++)
            part[0] += x[(size_t)i * d + j] * w[j];
        float z = (part[0] + part[1]) + (part[2] + part[3]);
        r[i] = (logistic ? 1 / (1 + expf(-z)) : z) - y[i];
        *bias += r[i];
    }
    for (int j = 0; j < d; j++) {
        float sum = 0;
        for (int i = 0; i < rows; i++)
            sum += x[(size_t)i * d + j] * r[i];
        gradient[j] += sum;
    }
}

void gradient_descent(int logistic, int n, int d, const float *restrict X, const float *restrict y,
                      float lr, int steps, float *restrict w, float *restrict b)
{
    for (int step = 0; step < steps; step++) {
        float gradient[GRADIENT_DESCENT_D_MAX] = {0}, bias = 0;
        for (int i = 0; i < n; i += ROWS)
            rows_add(logistic, n - i < ROWS ? n - i : ROWS, d, X + (size_t)i * d, y + i, w, b[0],
                     gradient, &bias);
        for (int j = 0; j < d; j++)
            w[j] -= lr * gradient[j] / n;
        b[0] -= lr * bias / n;
    }
}
