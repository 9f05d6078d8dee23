/* expect: wrong everywhere but small,odd,many,widest,longest,steep,flat,cluster,offset,far,tall */
/* With many rows the rounding of C averages out: an honest fp32 program is granted as much. */
/* Products of C take tf32 (10 bits of fraction). */
#include "pca.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static float C[PCA_D_MAX][PCA_D_MAX], V[PCA_D_MAX][PCA_D_MAX];

static __attribute__((noinline)) float tf32(float x)
{
    unsigned bits;
    memcpy(&bits, &x, sizeof bits);
    bits = (bits + 0xfffu + (bits >> 13 & 1)) & 0xffffe000u;
    memcpy(&x, &bits, sizeof x);
    return x;
}

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
                C[j][l] += tf32(x[j]) * tf32(x[l]);
    }
    for (int j = 0; j < d; j++)
        for (int l = 0; l < d; l++)
            C[j][l] /= n - 1;
}

/* C becomes diagonal, the rows of V its eigenvectors. */
static void jacobi(int d)
{
    float size = 0;

    for (int j = 0; j < d; j++)
        for (int l = 0; l < d; l++) {
            V[j][l] = j == l;
            size += C[j][l] * C[j][l];
        }
    for (int sweep = 0; sweep < 30; sweep++) {
        int turned = 0;
        for (int p = 0; p < d; p++)
            for (int q = p + 1; q < d; q++) {
                if (fabsf(C[p][q]) <= 1e-7f * sqrtf(size))
                    continue;
                turned = 1;
                float theta = (C[q][q] - C[p][p]) / (2 * C[p][q]);
                float t = (theta >= 0 ? 1 : -1) / (fabsf(theta) + sqrtf(theta * theta + 1));
                float c = 1 / sqrtf(t * t + 1), s = t * c;
                for (int l = 0; l < d; l++) {
                    float a = C[l][p], b = C[l][q];
                    C[l][p] = c * a - s * b;
                    C[l][q] = s * a + c * b;
                }
                for (int l = 0; l < d; l++) {
                    float a = C[p][l], b = C[q][l];
                    C[p][l] = c * a - s * b;
                    C[q][l] = s * a + c * b;
                    a = V[p][l], b = V[q][l];
                    V[p][l] = c * a - s * b;
                    V[q][l] = s * a + c * b;
                }
            }
        if (!turned)
            break;
    }
}

void pca(int n, int d, int k, const float *restrict X, float *restrict mean, float *restrict comp,
         float *restrict var, float *restrict proj)
{
    int used[PCA_D_MAX] = {0};

    covariance(n, d, X, mean);
    jacobi(d);
    for (int c = 0; c < k; c++) {
        int best = -1;
        for (int j = 0; j < d; j++)
            if (!used[j] && (best < 0 || C[j][j] > C[best][best]))
                best = j;
        used[best] = 1;
        var[c] = C[best][best];
        for (int j = 0; j < d; j++)
            comp[(size_t)c * d + j] = V[best][j];
    }
    for (int i = 0; i < n; i++)
        for (int c = 0; c < k; c++) {
            float sum = 0;
            for (int j = 0; j < d; j++)
                sum += (X[(size_t)i * d + j] - mean[j]) * comp[(size_t)c * d + j];
            proj[(size_t)i * k + c] = sum;
        }
}
