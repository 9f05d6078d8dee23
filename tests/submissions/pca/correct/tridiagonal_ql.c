/* expect: pass */
/* Householder and implicit QL, in fp32. */
#include "pca.h"

#include <math.h>
#include <stddef.h>

static float C[PCA_D_MAX][PCA_D_MAX];

static void covariance(int n, int d, const float *X, float *mean)
{
    float x[PCA_D_MAX];

    for (int j = 0; j < d; j++) {
        mean[j] = 0;
        for (int l = 0; l < d; l++)
            C[j][l] = 0;
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++)
            mean[j] += X[(size_t)i * d + j];
    for (int j = 0; j < d; j++)
        mean[j] /= n;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < d; j++)
            x[j] = X[(size_t)i * d + j] - mean[j];
        for (int j = 0; j < d; j++)
            for (int l = 0; l < d; l++)
                C[j][l] += x[j] * x[l];
    }
    for (int j = 0; j < d; j++)
        for (int l = 0; l < d; l++)
            C[j][l] /= n - 1;
}

static float values_largest(int d, const float *values)
{
    float largest = 0;

    for (int j = 0; j < d; j++)
        largest = fabsf(values[j]) > largest ? fabsf(values[j]) : largest;
    return largest;
}

/* C becomes diagonal in `values`, the columns of C its eigenvectors: Householder reflections to
 * tridiagonal form, then QL with implicit shifts (Bowdler, Martin, Reinsch, Wilkinson 1968). */
static void tridiagonalise(int d, float *values, float *off)
{
    for (int i = d - 1; i > 0; i--) {
        float scale = 0, h = 0;
        for (int k = 0; k < i; k++)
            scale += fabsf(C[i][k]);
        off[i] = C[i][i - 1];
        values[i] = 0;
        if (i == 1 || scale == 0)
            continue;
        for (int k = 0; k < i; k++) {
            C[i][k] /= scale;
            h += C[i][k] * C[i][k];
        }
        float f = C[i][i - 1], g = f >= 0 ? -sqrtf(h) : sqrtf(h), common = 0;
        off[i] = scale * g;
        h -= f * g;
        C[i][i - 1] = f - g;
        for (int j = 0; j < i; j++) {
            C[j][i] = C[i][j] / h;
            float sum = 0;
            for (int k = 0; k < i; k++)
                sum += (k <= j ? C[j][k] : C[k][j]) * C[i][k];
            off[j] = sum / h;
            common += off[j] * C[i][j];
        }
        for (int j = 0; j < i; j++) {
            float a = C[i][j], b = off[j] - common / (h + h) * a;
            off[j] = b;
            for (int k = 0; k <= j; k++)
                C[j][k] -= a * off[k] + b * C[i][k];
        }
        values[i] = h;
    }
    values[0] = off[0] = 0;
    for (int i = 0; i < d; i++) {
        if (values[i] != 0)
            for (int j = 0; j < i; j++) {
                float sum = 0;
                for (int k = 0; k < i; k++)
                    sum += C[i][k] * C[k][j];
                for (int k = 0; k < i; k++)
                    C[k][j] -= sum * C[k][i];
            }
        values[i] = C[i][i];
        C[i][i] = 1;
        for (int j = 0; j < i; j++)
            C[j][i] = C[i][j] = 0;
    }
}

static void ql(int d, float *values, float *off)
{
    for (int i = 1; i < d; i++)
        off[i - 1] = off[i];
    off[d - 1] = 0;
    for (int l = 0; l < d; l++)
        for (int iteration = 0; iteration < 60; iteration++) {
            int m = l;
            for (; m < d - 1; m++) {
                float size = fabsf(values[m]) + fabsf(values[m + 1]);
                if (fabsf(off[m]) <= 6e-8f * (size + values_largest(d, values)))
                    break;
            }
            if (m == l)
                break;
            float g = (values[l + 1] - values[l]) / (2 * off[l]), r = sqrtf(g * g + 1);
            float s = 1, c = 1, p = 0;
            g = values[m] - values[l] + off[l] / (g + (g >= 0 ? r : -r));
            int i = m - 1;
            for (; i >= l; i--) {
                float f = s * off[i], b = c * off[i];
                r = sqrtf(f * f + g * g);
                off[i + 1] = r;
                if (r == 0) {
                    values[i + 1] -= p;
                    off[m] = 0;
                    break;
                }
                s = f / r;
                c = g / r;
                g = values[i + 1] - p;
                r = (values[i] - g) * s + 2 * c * b;
                p = s * r;
                values[i + 1] = g + p;
                g = c * r - b;
                for (int k = 0; k < d; k++) {
                    float a = C[k][i + 1], e = C[k][i];
                    C[k][i + 1] = s * e + c * a;
                    C[k][i] = c * e - s * a;
                }
            }
            if (i >= l)
                continue;
            values[l] -= p;
            off[l] = g;
            off[m] = 0;
        }
}

void pca(int n, int d, int k, const float *restrict X, float *restrict mean, float *restrict comp,
         float *restrict var, float *restrict proj)
{
    float values[PCA_D_MAX], off[PCA_D_MAX];
    int used[PCA_D_MAX] = {0};

    covariance(n, d, X, mean);
    tridiagonalise(d, values, off);
    ql(d, values, off);
    for (int c = 0; c < k; c++) {
        int best = -1;
        for (int j = 0; j < d; j++)
            if (!used[j] && (best < 0 || values[j] > values[best]))
                best = j;
        used[best] = 1;
        var[c] = values[best];
        for (int j = 0; j < d; j++)
            comp[(size_t)c * d + j] = C[j][best];
    }
    for (int i = 0; i < n; i++)
        for (int c = 0; c < k; c++) {
            float sum = 0;
            for (int j = 0; j < d; j++)
                sum += (X[(size_t)i * d + j] - mean[j]) * comp[(size_t)c * d + j];
            proj[(size_t)i * k + c] = sum;
        }
}
