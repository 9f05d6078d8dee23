/* expect: pass */
/* Weights transposed once, gate sums side by side: what a compiler vectorises. */
#include "lstm_cell.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static float sigmoid(float z)
{
    return 1 / (1 + expf(-z));
}

static float columns[LSTM_CELL_NX_MAX + LSTM_CELL_NH_MAX][4 * LSTM_CELL_NH_MAX];

static void add(int rows, float *restrict z, const float *restrict column, float by)
{
    for (int row = 0; row < rows; row++)
        z[row] += column[row] * by;
}

void lstm_cell(int T, int B, int nx, int nh, const float *restrict x, const float *restrict Wih,
               const float *restrict Whh, const float *restrict bih, const float *restrict bhh,
               const float *restrict h0, const float *restrict c0, float *restrict y,
               float *restrict hT, float *restrict cT)
{
    for (int row = 0; row < 4 * nh; row++) {
        for (int n = 0; n < nx; n++)
            columns[n][row] = Wih[row * nx + n];
        for (int n = 0; n < nh; n++)
            columns[nx + n][row] = Whh[row * nh + n];
    }
    memcpy(hT, h0, (size_t)(B * nh) * sizeof *hT);
    memcpy(cT, c0, (size_t)(B * nh) * sizeof *cT);
    for (int t = 0; t < T; t++)
        for (int b = 0; b < B; b++) {
            float z[4 * LSTM_CELL_NH_MAX], *h = hT + b * nh, *c = cT + b * nh;
            for (int row = 0; row < 4 * nh; row++)
                z[row] = bih[row] + bhh[row];
            for (int n = 0; n < nx; n++)
                add(4 * nh, z, columns[n], x[(t * B + b) * nx + n]);
            for (int n = 0; n < nh; n++)
                add(4 * nh, z, columns[nx + n], h[n]);
            for (int u = 0; u < nh; u++) {
                float i = sigmoid(z[u]), f = sigmoid(z[nh + u]);
                float g = tanhf(z[2 * nh + u]), o = sigmoid(z[3 * nh + u]);
                c[u] = f * c[u] + i * g;
                h[u] = o * tanhf(c[u]);
                y[(t * B + b) * nh + u] = h[u];
            }
        }
}
