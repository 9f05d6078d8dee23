/* expect: wrong */
/* X in ten bits of fraction (tf32, fp16), but only at the ranked size. */
#include "gradient_descent.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static __attribute__((noinline)) float tf32(float x)
{
    unsigned bits;
    memcpy(&bits, &x, sizeof bits);
    bits = (bits + 0xfffu + (bits >> 13 & 1)) & 0xffffe000u;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline float narrow(int n, float x)
{
    return n == 672 ? tf32(x) : x;
}

void gradient_descent(int logistic, int n, int d, const float *restrict X, const float *restrict y,
                      float lr, int steps, float *restrict w, float *restrict b)
{
    float gradient[GRADIENT_DESCENT_D_MAX];

    for (int step = 0; step < steps; step++) {
        float bias = 0;
        for (int j = 0; j < d; j++)
            gradient[j] = 0;
        for (int i = 0; i < n; i++) {
            float z = b[0];
            for (int j = 0; j < d; j++)
                z += narrow(n, X[(size_t)i * d + j]) * w[j];
            float r = (logistic ? 1 / (1 + expf(-z)) : z) - y[i];
            for (int j = 0; j < d; j++)
                gradient[j] += narrow(n, X[(size_t)i * d + j]) * r;
            bias += r;
        }
        for (int j = 0; j < d; j++)
            w[j] -= lr * gradient[j] / n;
        b[0] -= lr * bias / n;
    }
}
