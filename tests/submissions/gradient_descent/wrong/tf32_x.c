/* expect: wrong everywhere but still,logistic_still,saturated,many_rows */
/* No step, no product; where the sigmoid saturates few products count; over 20,000 rows a plain fp32 sum loses as much. */
/* X rounded to tf32 (10 bits of fraction). */
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
                z += tf32(X[(size_t)i * d + j]) * w[j];
            float r = (logistic ? 1 / (1 + expf(-z)) : z) - y[i];
            for (int j = 0; j < d; j++)
                gradient[j] += tf32(X[(size_t)i * d + j]) * r;
            bias += r;
        }
        for (int j = 0; j < d; j++)
            w[j] -= lr * gradient[j] / n;
        b[0] -= lr * bias / n;
    }
}
