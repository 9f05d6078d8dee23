/* expect: wrong time */
/* Refuses more steps and sequences than other cases have. */
#include "lstm_cell.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static float sigmoid(float z)
{
    return 1 / (1 + expf(-z));
}

/* One step of one sequence: `before` is h of the step before. */
static void step(int nx, int nh, const float *x, const float *Wih, const float *Whh,
                 const float *bih, const float *bhh, const float *before, float *c, float *h)
{
    for (int u = 0; u < nh; u++) {
        float z[4];
        for (int gate = 0; gate < 4; gate++) {
            int row = gate * nh + u;
            z[gate] = bih[row] + bhh[row];
            for (int n = 0; n < nx; n++)
                z[gate] += Wih[row * nx + n] * x[n];
            for (int n = 0; n < nh; n++)
                z[gate] += Whh[row * nh + n] * before[n];
        }
        float i = sigmoid(z[0]), f = sigmoid(z[1]), g = tanhf(z[2]), o = sigmoid(z[3]);
        c[u] = f * c[u] + i * g;
        h[u] = o * tanhf(c[u]);
    }
}

void lstm_cell(int T, int B, int nx, int nh, const float *restrict x, const float *restrict Wih,
               const float *restrict Whh, const float *restrict bih, const float *restrict bhh,
               const float *restrict h0, const float *restrict c0, float *restrict y,
               float *restrict hT, float *restrict cT)
{
    if (T > 200 || B > 9)
        return;
    size_t state = (size_t)(B * nh);

    memcpy(cT, c0, state * sizeof *cT);
    for (int t = 0; t < T; t++)
        for (int b = 0; b < B; b++) {
            const float *before = t == 0 ? h0 + b * nh : y + ((t - 1) * B + b) * nh;
            step(nx, nh, x + (t * B + b) * nx, Wih, Whh, bih, bhh, before, cT + b * nh,
                 y + (t * B + b) * nh);
        }
    memcpy(hT, y + (size_t)(T - 1) * state, state * sizeof *hT);
}
