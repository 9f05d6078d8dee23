/* Plain float gradient descent: what speed is measured against. One pass over X per step, a dot
 * product and an update of the gradient for each row. The compiler may do with it what it can. */
#include "gradient_descent.h"

#include <math.h>
#include <stddef.h>

void gradient_descent(int logistic, int n, int d, const float *restrict X, const float *restrict y,
                      float lr, int steps, float *restrict w, float *restrict b)
{
    float gradient[GRADIENT_DESCENT_D_MAX];

    for (int step = 0; step < steps; step++) {
        float bias_gradient = 0;
        for (int j = 0; j < d; j++)
            gradient[j] = 0;
        for (int i = 0; i < n; i++) {
            const float *x = X + (size_t)i * (size_t)d;
            float z = b[0];
            for (int j = 0; j < d; j++)
                z += x[j] * w[j];
            float r = (logistic ? 1 / (1 + expf(-z)) : z) - y[i];
            for (int j = 0; j < d; j++)
                gradient[j] += x[j] * r;
            bias_gradient += r;
        }
        for (int j = 0; j < d; j++)
            w[j] -= lr * gradient[j] / (float)n;
        b[0] -= lr * bias_gradient / (float)n;
    }
}
