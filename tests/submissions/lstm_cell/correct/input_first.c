/* expect: pass */
/* The input part of all steps as one product, the recurrence after it. */
#include "lstm_cell.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static float sigmoid(float z)
{
    return 1 / (1 + expf(-z));
}

/* Wih x + bih + bhh of every step. */
static float part[LSTM_CELL_T_MAX * LSTM_CELL_B_MAX][4 * LSTM_CELL_NH_MAX];

void lstm_cell(int T, int B, int nx, int nh, const float *restrict x, const float *restrict Wih,
               const float *restrict Whh, const float *restrict bih, const float *restrict bhh,
               const float *restrict h0, const float *restrict c0, float *restrict y,
               float *restrict hT, float *restrict cT)
{
    for (int row = 0; row < 4 * nh; row++)
        for (int tb = 0; tb < T * B; tb++) {
            float sum = bih[row] + bhh[row];
            for (int n = 0; n < nx; n++)
                sum += Wih[row * nx + n] * x[tb * nx + n];
            part[tb][row] = sum;
        }
    memcpy(hT, h0, (size_t)(B * nh) * sizeof *hT);
    memcpy(cT, c0, (size_t)(B * nh) * sizeof *cT);
    for (int tb = 0; tb < T * B; tb++) {
        float *h = hT + tb % B * nh, *c = cT + tb % B * nh, *z = part[tb];
        for (int row = 0; row < 4 * nh; row++)
            for (int n = 0; n < nh; n++)
                z[row] += Whh[row * nh + n] * h[n];
        for (int u = 0; u < nh; u++) {
            float kept = sigmoid(z[nh + u]) * c[u];
            c[u] = kept + sigmoid(z[u]) * tanhf(z[2 * nh + u]);
            h[u] = sigmoid(z[3 * nh + u]) * tanhf(c[u]);
        }
        memcpy(y + tb * nh, h, (size_t)nh * sizeof *y);
    }
}
