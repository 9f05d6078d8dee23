/* expect: pass */
/* Linear regression through X'X and X'y in double, once; then every step is d^2. Logistic as ever.
 */
#include "gradient_descent.h"

#include <math.h>
#include <stddef.h>

enum { WIDE = GRADIENT_DESCENT_D_MAX + 1 };

static double gram[WIDE][WIDE], moments[WIDE];

static double at(const float *x, int d, int j)
{
    return j < d ? x[j] : 1;
}

static void linear(int n, int d, const float *X, const float *y, float lr, int steps, float *w,
                   float *b)
{
    double v[WIDE], gradient[WIDE];

    for (int j = 0; j <= d; j++) {
        moments[j] = 0;
        for (int k = 0; k <= d; k++)
            gram[j][k] = 0;
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= d; j++) {
            double x = at(X + (size_t)i * d, d, j) / n;
            moments[j] += x * y[i];
            for (int k = 0; k <= d; k++)
                gram[j][k] += x * at(X + (size_t)i * d, d, k);
        }
    for (int j = 0; j <= d; j++)
        v[j] = j < d ? w[j] : b[0];
    for (int step = 0; step < steps; step++) {
        for (int j = 0; j <= d; j++) {
            gradient[j] = -moments[j];
            for (int k = 0; k <= d; k++)
                gradient[j] += gram[j][k] * v[k];
        }
        for (int j = 0; j <= d; j++)
            v[j] -= lr * gradient[j];
    }
    for (int j = 0; j < d; j++)
        w[j] = (float)v[j];
    b[0] = (float)v[d];
}

static void classify(int n, int d, const float *X, const float *y, float lr, int steps, float *w,
                     float *b)
{
    double gradient[WIDE];

    for (int step = 0; step < steps; step++) {
        for (int j = 0; j <= d; j++)
            gradient[j] = 0;
        for (int i = 0; i < n; i++) {
            const float *x = X + (size_t)i * d;
            double z = b[0];
            for (int j = 0; j < d; j++)
                z += (double)x[j] * w[j];
            for (int j = 0; j <= d; j++)
                gradient[j] += at(x, d, j) * (1 / (1 + exp(-z)) - y[i]);
        }
        for (int j = 0; j < d; j++)
            w[j] -= (float)(lr * gradient[j] / n);
        b[0] -= (float)(lr * gradient[d] / n);
    }
}

void gradient_descent(int logistic, int n, int d, const float *restrict X, const float *restrict y,
                      float lr, int steps, float *restrict w, float *restrict b)
{
    (logistic ? classify : linear)(n, d, X, y, lr, steps, w, b);
}
