/* expect: wrong spectrum */
/* Subspace iteration that stops after two rounds. */
#include "pca.h"

#include <math.h>
#include <stddef.h>

enum { WIDE = PCA_D_MAX };

static double C[WIDE][WIDE], Q[WIDE][WIDE], Z[WIDE][WIDE], S[WIDE][WIDE], W[WIDE][WIDE];

static void covariance(int n, int d, const float *X, float *mean)
{
    double centre[WIDE] = {0};

    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++)
            centre[j] += X[(size_t)i * d + j] / (double)n;
    for (int j = 0; j < d; j++) {
        mean[j] = (float)centre[j];
        for (int l = 0; l < d; l++)
            C[j][l] = 0;
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++)
            for (int l = 0; l < d; l++)
                C[j][l] += (X[(size_t)i * d + j] - centre[j]) * (X[(size_t)i * d + l] - centre[l]);
    for (int j = 0; j < d; j++)
        for (int l = 0; l < d; l++)
            C[j][l] /= n - 1;
}

static double dot(int d, const double *a, const double *b)
{
    double sum = 0;
    for (int j = 0; j < d; j++)
        sum += a[j] * b[j];
    return sum;
}

/* Rows of Q: orthonormal, from last to first row pushed out of each other twice. A row that
 * vanishes is drawn anew. */
static void orthonormalise(int d, int p)
{
    static unsigned seed;

    for (int c = 0; c < p; c++)
        for (int pass = 0; pass < 3; pass++) {
            double length = sqrt(dot(d, Q[c], Q[c]));
            for (int j = 0; j < d; j++) {
                seed = seed * 1664525u + 1013904223u;
                Q[c][j] = length > 1e-200 ? Q[c][j] / length : (seed >> 8) * 0x1p-24 - 0.5;
            }
            for (int b = 0; b < c && pass < 2; b++) {
                double common = dot(d, Q[c], Q[b]);
                for (int j = 0; j < d; j++)
                    Q[c][j] -= common * Q[b][j];
            }
        }
}

/* Rayleigh-Ritz: the best vectors within the span of Q, in descending order. */
static void rotate_within(int d, int p, double *values)
{
    for (int a = 0; a < p; a++)
        for (int j = 0; j < d; j++)
            Z[a][j] = dot(d, C[j], Q[a]);
    for (int a = 0; a < p; a++)
        for (int b = 0; b < p; b++) {
            S[a][b] = dot(d, Q[a], Z[b]);
            W[a][b] = a == b;
        }
    for (int sweep = 0; sweep < 12; sweep++)
        for (int a = 0; a < p; a++)
            for (int b = a + 1; b < p; b++) {
                if (fabs(S[a][b]) < 1e-15 * (fabs(S[a][a]) + fabs(S[b][b])))
                    continue;
                double theta = (S[b][b] - S[a][a]) / (2 * S[a][b]);
                double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
                double c = 1 / sqrt(t * t + 1), s = t * c;
                for (int l = 0; l < p; l++) {
                    double x = S[l][a], y = S[l][b];
                    S[l][a] = c * x - s * y;
                    S[l][b] = s * x + c * y;
                }
                for (int l = 0; l < p; l++) {
                    double x = S[a][l], y = S[b][l];
                    S[a][l] = c * x - s * y;
                    S[b][l] = s * x + c * y;
                    x = W[a][l], y = W[b][l];
                    W[a][l] = c * x - s * y;
                    W[b][l] = s * x + c * y;
                }
            }
    for (int a = 0; a < p; a++) {
        int best = 0;
        for (int b = 0; b < p; b++)
            if (S[b][b] > S[best][best])
                best = b;
        values[a] = S[best][best];
        S[best][best] = -1;
        for (int j = 0; j < d; j++) {
            Z[a][j] = 0;
            for (int b = 0; b < p; b++)
                Z[a][j] += W[best][b] * Q[b][j];
        }
    }
    for (int a = 0; a < p; a++)
        for (int j = 0; j < d; j++)
            Q[a][j] = Z[a][j];
}

/* The largest |C q - value q| of the first k, over the first value. */
static double residual(int d, int k, const double *values)
{
    double largest = 0;
    for (int c = 0; c < k; c++)
        for (int j = 0; j < d; j++)
            largest = fmax(largest, fabs(dot(d, C[j], Q[c]) - values[c] * Q[c][j]));
    return largest / (values[0] + 1e-300);
}

void pca(int n, int d, int k, const float *restrict X, float *restrict mean, float *restrict comp,
         float *restrict var, float *restrict proj)
{
    int p = 2 * k + 4 < d ? 2 * k + 4 : d;
    double values[WIDE];

    covariance(n, d, X, mean);
    for (int c = 0; c < p; c++)
        for (int j = 0; j < d; j++)
            Q[c][j] = 0;
    orthonormalise(d, p);
    for (int round = 0; round < 2; round++) {
        rotate_within(d, p, values);
        if (residual(d, k, values) < 1e-8)
            break;
        for (int c = 0; c < p; c++)
            for (int j = 0; j < d; j++)
                Z[c][j] = dot(d, C[j], Q[c]);
        for (int c = 0; c < p; c++)
            for (int j = 0; j < d; j++)
                Q[c][j] = Z[c][j];
        orthonormalise(d, p);
    }
    for (int c = 0; c < k; c++) {
        var[c] = (float)values[c];
        for (int j = 0; j < d; j++)
            comp[(size_t)c * d + j] = (float)Q[c][j];
    }
    for (int i = 0; i < n; i++)
        for (int c = 0; c < k; c++) {
            double sum = 0;
            for (int j = 0; j < d; j++)
                sum += (double)(X[(size_t)i * d + j] - mean[j]) * Q[c][j];
            proj[(size_t)i * k + c] = (float)sum;
        }
}
