/* expect: wrong shapes,spectrum */
/* Power iteration with deflation, 30 steps a component. */
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

static void power(int d, float *v, float *value)
{
    for (int j = 0; j < d; j++)
        v[j] = 1 / (j + 1.0f);
    for (int step = 0; step < 30; step++) {
        float y[PCA_D_MAX], square = 0;
        for (int j = 0; j < d; j++) {
            y[j] = 0;
            for (int l = 0; l < d; l++)
                y[j] += C[j][l] * v[l];
            square += y[j] * y[j];
        }
        *value = sqrtf(square);
        for (int j = 0; j < d && square > 0; j++)
            v[j] = y[j] / sqrtf(square);
    }
    for (int j = 0; j < d; j++)
        for (int l = 0; l < d; l++)
            C[j][l] -= *value * v[j] * v[l];
}

void pca(int n, int d, int k, const float *restrict X, float *restrict mean, float *restrict comp,
         float *restrict var, float *restrict proj)
{
    covariance(n, d, X, mean);
    for (int c = 0; c < k; c++)
        power(d, comp + (size_t)c * d, var + c);
    for (int i = 0; i < n; i++)
        for (int c = 0; c < k; c++) {
            float sum = 0;
            for (int j = 0; j < d; j++)
                sum += (X[(size_t)i * d + j] - mean[j]) * comp[(size_t)c * d + j];
            proj[(size_t)i * k + c] = sum;
        }
}
