/* One product of OpenBLAS for all inputs, one per step for h; gates by plain loops. */
#include "lstm_cell.h"

#include <cblas.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

static float z[(size_t)LSTM_CELL_T_MAX * LSTM_CELL_B_MAX * 4 * LSTM_CELL_NH_MAX];

static float sigmoid(float x)
{
    return 1 / (1 + expf(-x));
}

void lstm_cell(int T, int B, int nx, int nh, const float *restrict x, const float *restrict Wih,
               const float *restrict Whh, const float *restrict bih, const float *restrict bhh,
               const float *restrict h0, const float *restrict c0, float *restrict y,
               float *restrict hT, float *restrict cT)
{
    const float *h = h0;

    memcpy(cT, c0, sizeof *c0 * (size_t)B * nh);
    for (int row = 0; row < T * B; row++)
        for (int g = 0; g < 4 * nh; g++)
            z[(size_t)row * 4 * nh + g] = bih[g] + bhh[g];
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, T * B, 4 * nh, nx, 1, x, nx, Wih, nx, 1, z,
                4 * nh);
    for (int t = 0; t < T; t++) {
        float *at = z + (size_t)t * B * 4 * nh, *out = y + (size_t)t * B * nh;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, B, 4 * nh, nh, 1, h, nh, Whh, nh, 1,
                    at, 4 * nh);
        for (int b = 0; b < B; b++)
            for (int u = 0; u < nh; u++) {
                const float *gate = at + (size_t)b * 4 * nh + u;
                float *c = cT + (size_t)b * nh + u;
                *c = sigmoid(gate[nh]) * *c + sigmoid(gate[0]) * tanhf(gate[2 * nh]);
                out[(size_t)b * nh + u] = sigmoid(gate[3 * nh]) * tanhf(*c);
            }
        h = out;
    }
    memcpy(hT, h, sizeof *h * (size_t)B * nh);
}
