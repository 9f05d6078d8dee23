/* Plain float LSTM: what speed is measured against. Step by step, unit by unit, as the formula
 * stands; the compiler may do with it what it can. */
#include "lstm_cell.h"

#include <math.h>
#include <stddef.h>

static float sigmoid(float z)
{
    return 1 / (1 + expf(-z));
}

static float dot(int n, const float *restrict a, const float *restrict b)
{
    float sum = 0;

    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

void lstm_cell(int T, int B, int nx, int nh, const float *restrict x, const float *restrict Wih,
               const float *restrict Whh, const float *restrict bih, const float *restrict bhh,
               const float *restrict h0, const float *restrict c0, float *restrict y,
               float *restrict hT, float *restrict cT)
{
    size_t state = (size_t)B * (size_t)nh;

    for (size_t e = 0; e < state; e++)
        cT[e] = c0[e];
    for (int t = 0; t < T; t++)
        for (int b = 0; b < B; b++) {
            const float *in = x + ((size_t)t * (size_t)B + (size_t)b) * (size_t)nx;
            const float *h = (t == 0 ? h0 : y + (size_t)(t - 1) * state) + (size_t)b * (size_t)nh;
            float *c = cT + (size_t)b * (size_t)nh;
            float *out = y + (size_t)t * state + (size_t)b * (size_t)nh;
            for (int u = 0; u < nh; u++) {
                float z[4];
                for (int gate = 0; gate < 4; gate++) {
                    size_t row = (size_t)gate * (size_t)nh + (size_t)u;
                    z[gate] = dot(nx, Wih + row * (size_t)nx, in) + bih[row] +
                              dot(nh, Whh + row * (size_t)nh, h) + bhh[row];
                }
                c[u] = sigmoid(z[1]) * c[u] + sigmoid(z[0]) * tanhf(z[2]);
                out[u] = sigmoid(z[3]) * tanhf(c[u]);
            }
        }
    for (size_t e = 0; e < state; e++)
        hT[e] = y[(size_t)(T - 1) * state + e];
}
