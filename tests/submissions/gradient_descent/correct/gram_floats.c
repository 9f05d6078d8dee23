/* expect: pass */
/* Linear regression through X'X and X'y in float, by blocks of 64 rows; then every step is d^2.
 * Logistic as ever. */
#include "gradient_descent.h"

#include <math.h>
#include <stddef.h>

enum { WIDE = GRADIENT_DESCENT_D_MAX + 1, BLOCK = 64 };

static float gram[WIDE][WIDE], moments[WIDE], part[WIDE][WIDE], part_moments[WIDE];

static float at(const float *x, int d, int j)
{
    return j < d ? x[j] : 1;
}

static void block_add(int rows, int d, const float *X, const float *y)
{
    for (int j = 0; j <= d; j++) {
        part_moments[j] = 0;
        for (int k = 0; k <= d; k++)
            part[j][k] = 0;
    }
    for (int i = 0; i < rows; i++)
        for (int j = 0; j <= d; j++) {
            float x = at(X + (size_t)i * d, d, j);
            part_moments[j] += x * y[i];
            for (int k = 0; k <= d; k++)
                part[j][k] += x * at(X + (size_t)i * d, d, k);
        }
    for (int j = 0; j <= d; j++) {
        moments[j] += part_moments[j];
        for (int k = 0; k <= d; k++)
            gram[j][k] += part[j][k];
    }
}

static void linear(int n, int d, const float *X, const float *y, float lr, int steps, float *w,
                   float *b)
{
    float v[WIDE], gradient[WIDE];

    for (int j = 0; j <= d; j++) {
        moments[j] = 0;
        for (int k = 0; k <= d; k++)
            gram[j][k] = 0;
    }
    for (int i = 0; i < n; i += BLOCK)
        block_add(n - i < BLOCK ? n - i : BLOCK, d, X + (size_t)i * d, y + i);
    for (int j = 0; j <= d; j++)
        v[j] = j < d ? w[j] : b[0];
    for (int step = 0; step < steps; step++) {
        for (int j = 0; j <= d; j++) {
            gradient[j] = -moments[j];
            for (int k = 0; k <= d; k++)
                gradient[j] += gram[j][k] * v[k];
        }
        for (int j = 0; j <= d; j++)
            v[j] -= lr * gradient[j] / n;
    }
    for (int j = 0; j < d; j++)
        w[j] = v[j];
    b[0] = v[d];
}

static void classify(int n, int d, const float *X, const float *y, float lr, int steps, float *w,
                     float *b)
{
    float gradient[WIDE];

    for (int step = 0; step < steps; step++) {
        for (int j = 0; j <= d; j++)
            gradient[j] = 0;
        for (int i = 0; i < n; i++) {
            const float *x = X + (size_t)i * d;
            float z = b[0];
            for (int j = 0; j < d; j++)
                z += x[j] * w[j];
            float r = 1 / (1 + expf(-z)) - y[i];
            for (int j = 0; j <= d; j++)
                gradient[j] += r * at(x, d, j);
        }
        for (int j = 0; j < d; j++)
            w[j] -= lr * gradient[j] / n;
        b[0] -= lr * gradient[d] / n;
    }
}

void gradient_descent(int logistic, int n, int d, const float *restrict X, const float *restrict y,
                      float lr, int steps, float *restrict w, float *restrict b)
{
    if (logistic)
        classify(n, d, X, y, lr, steps, w, b);
    else
        linear(n, d, X, y, lr, steps, w, b);
}
