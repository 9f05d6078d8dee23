/* Gradient descent: start here. This compiles and changes nothing, so nearly every case fails until
 * you fill it in. The contract is in gradient_descent.h, the mathematics and the scoring in
 * TASK.md. */
#include "gradient_descent.h"

#include <math.h>
#include <stddef.h>

/* How far the prediction for one row is from its label. */
static float residual(int logistic, int d, const float *restrict x, float y,
                      const float *restrict w, float b)
{
    /* 1. z = x . w + b
     * 2. linear: z - y; logistic: sigmoid(z) - y. What does your sigmoid give for z = -300? */
    (void)logistic;
    (void)d;
    (void)x;
    (void)y;
    (void)w;
    (void)b;
    return 0;
}

void gradient_descent(int logistic, int n, int d, const float *restrict X, const float *restrict y,
                      float lr, int steps, float *restrict w, float *restrict b)
{
    float gradient[GRADIENT_DESCENT_D_MAX];

    for (int step = 0; step < steps; step++) {
        for (int j = 0; j < d; j++)
            gradient[j] = 0;
        for (int i = 0; i < n; i++) {
            float r = residual(logistic, d, X + (size_t)i * (size_t)d, y[i], w, b[0]);
            /* 3. gradient[j] += X[i][j] r, and the sum of r for the bias */
            (void)r;
        }
        /* 4. move w against the gradient's mean, times lr; and b */
        for (int j = 0; j < d; j++)
            w[j] -= lr * gradient[j] * 0;
    }
}
