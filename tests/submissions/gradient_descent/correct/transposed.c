/* expect: pass */
/* X turned once, so that both products run along rows of the turned one. */
#include "gradient_descent.h"

#include <math.h>
#include <stddef.h>

static float turned[GRADIENT_DESCENT_D_MAX][GRADIENT_DESCENT_N_MAX];
static float r[GRADIENT_DESCENT_N_MAX];

void gradient_descent(int logistic, int n, int d, const float *restrict X, const float *restrict y,
                      float lr, int steps, float *restrict w, float *restrict b)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++)
            turned[j][i] = X[(size_t)i * d + j];
    for (int step = 0; step < steps; step++) {
        for (int i = 0; i < n; i++)
            r[i] = b[0];
        for (int j = 0; j < d; j++)
            for (int i = 0; i < n; i++)
                r[i] += turned[j][i] * w[j];
        float bias = 0;
        for (int i = 0; i < n; i++) {
            r[i] = (logistic ? 1 / (1 + expf(-r[i])) : r[i]) - y[i];
            bias += r[i];
        }
        for (int j = 0; j < d; j++) {
            float sum = 0;
            for (int i = 0; i < n; i++)
                sum += turned[j][i] * r[i];
            w[j] -= lr / n * sum;
        }
        b[0] -= lr / n * bias;
    }
}
