/* expect: pass */
/* AVX2 by hand: eight products at a time, four gates of a unit together. */
#include "lstm_cell.h"

#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

static float sigmoid(float z)
{
    return 1 / (1 + expf(-z));
}

static float across(__m256 x)
{
    __m128 y = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    y = _mm_add_ps(y, _mm_movehl_ps(y, y));
    return _mm_cvtss_f32(_mm_add_ss(y, _mm_movehdup_ps(y)));
}

/* z[gate] += row `gate * nh + u` of W times a. */
static void gates(int n, int nh, int u, const float *W, const float *a, float z[4])
{
    __m256 sum[4] = {0};
    int i = 0;

    for (; i + 8 <= n; i += 8) {
        __m256 part = _mm256_loadu_ps(a + i);
        for (int gate = 0; gate < 4; gate++)
            sum[gate] = _mm256_fmadd_ps(
                part, _mm256_loadu_ps(W + (size_t)(gate * nh + u) * (size_t)n + i), sum[gate]);
    }
    for (int gate = 0; gate < 4; gate++) {
        z[gate] += across(sum[gate]);
        for (int rest = i; rest < n; rest++)
            z[gate] += W[(gate * nh + u) * n + rest] * a[rest];
    }
}

/* One step of one sequence: `before` is h of the step before. */
static void step(int nx, int nh, const float *x, const float *Wih, const float *Whh,
                 const float *bih, const float *bhh, const float *before, float *c, float *h)
{
    for (int u = 0; u < nh; u++) {
        float z[4];
        for (int gate = 0; gate < 4; gate++)
            z[gate] = bih[gate * nh + u] + bhh[gate * nh + u];
        gates(nx, nh, u, Wih, x, z);
        gates(nh, nh, u, Whh, before, z);
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
