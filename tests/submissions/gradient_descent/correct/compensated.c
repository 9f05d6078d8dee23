/* expect: pass */
/* Kahan sums everywhere. */
#include "gradient_descent.h"

#include <math.h>
#include <stddef.h>

struct sum {
    float high, low;
};

static void add(struct sum *sum, float x)
{
    float step = x - sum->low, next = sum->high + step;
    sum->low = (next - sum->high) - step;
    sum->high = next;
}

void gradient_descent(int logistic, int n, int d, const float *restrict X, const float *restrict y,
                      float lr, int steps, float *restrict w, float *restrict b)
{
    struct sum gradient[GRADIENT_DESCENT_D_MAX + 1];

    for (int step = 0; step < steps; step++) {
        for (int j = 0; j <= d; j++)
            gradient[j] = (struct sum){0, 0};
        for (int i = 0; i < n; i++) {
            struct sum z = {b[0], 0};
            for (int j = 0; j < d; j++)
                add(&z, X[(size_t)i * d + j] * w[j]);
            float r = (logistic ? 1 / (1 + expf(-z.high)) : z.high) - y[i];
            for (int j = 0; j < d; j++)
                add(&gradient[j], X[(size_t)i * d + j] * r);
            add(&gradient[d], r);
        }
        for (int j = 0; j < d; j++)
            w[j] -= lr * gradient[j].high / n;
        b[0] -= lr * gradient[d].high / n;
    }
}
