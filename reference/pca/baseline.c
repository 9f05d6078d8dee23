/* Plain float PCA: what speed is measured against. Two passes for the covariance, cyclic Jacobi
 * rotations for its eigenvectors, selection of the largest. The compiler may do with it what it
 * can. */
#include "pca.h"

#include <math.h>
#include <stddef.h>

enum { SWEEPS_MAX = 30 };

static float C[PCA_D_MAX][PCA_D_MAX]; /* becomes diagonal */
static float V[PCA_D_MAX][PCA_D_MAX]; /* columns become eigenvectors */

static void covariance(int n, int d, const float *restrict X, float *restrict mean)
{
    float centred[PCA_D_MAX];

    for (int j = 0; j < d; j++) {
        float sum = 0;
        for (int i = 0; i < n; i++)
            sum += X[(size_t)i * (size_t)d + (size_t)j];
        mean[j] = sum / (float)n;
        for (int l = 0; l < d; l++)
            C[j][l] = 0;
    }
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < d; j++)
            centred[j] = X[(size_t)i * (size_t)d + (size_t)j] - mean[j];
        for (int j = 0; j < d; j++)
            for (int l = 0; l < d; l++)
                C[j][l] += centred[j] * centred[l];
    }
    for (int j = 0; j < d; j++)
        for (int l = 0; l < d; l++)
            C[j][l] /= (float)(n - 1);
}

/* Turns the plane of p and q so that C[p][q] becomes zero. */
static void rotate(int d, int p, int q)
{
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
    }
    for (int l = 0; l < d; l++) {
        float a = V[l][p], b = V[l][q];
        V[l][p] = c * a - s * b;
        V[l][q] = s * a + c * b;
    }
}

static void jacobi(int d)
{
    float size = 0, rest = INFINITY;

    for (int j = 0; j < d; j++)
        for (int l = 0; l < d; l++) {
            V[j][l] = j == l;
            size += C[j][l] * C[j][l];
        }
    for (int sweep = 0; sweep < SWEEPS_MAX && rest > 1e-13f * size; sweep++) {
        for (int p = 0; p < d; p++)
            for (int q = p + 1; q < d; q++)
                if (C[p][q] != 0)
                    rotate(d, p, q);
        rest = 0;
        for (int p = 0; p < d; p++)
            for (int q = p + 1; q < d; q++)
                rest += C[p][q] * C[p][q];
    }
}

static void select_largest(int d, int k, float *restrict comp, float *restrict var)
{
    int used[PCA_D_MAX] = {0};

    for (int c = 0; c < k; c++) {
        int best = -1;
        for (int j = 0; j < d; j++)
            if (!used[j] && (best < 0 || C[j][j] > C[best][best]))
                best = j;
        used[best] = 1;
        var[c] = C[best][best];
        for (int j = 0; j < d; j++)
            comp[(size_t)c * (size_t)d + (size_t)j] = V[j][best];
    }
}

void pca(int n, int d, int k, const float *restrict X, float *restrict mean, float *restrict comp,
         float *restrict var, float *restrict proj)
{
    covariance(n, d, X, mean);
    jacobi(d);
    select_largest(d, k, comp, var);
    for (int i = 0; i < n; i++)
        for (int c = 0; c < k; c++) {
            float sum = 0;
            for (int j = 0; j < d; j++)
                sum += (X[(size_t)i * (size_t)d + (size_t)j] - mean[j]) *
                       comp[(size_t)c * (size_t)d + (size_t)j];
            proj[(size_t)i * (size_t)k + (size_t)c] = sum;
        }
}
