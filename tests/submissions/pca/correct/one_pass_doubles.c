/* expect: pass */
/* sum x x' - n mean mean', which double affords even at an offset of 1000. */
#include "pca.h"

#include <math.h>
#include <stddef.h>

static double C[PCA_D_MAX][PCA_D_MAX], V[PCA_D_MAX][PCA_D_MAX];

static void covariance(int n, int d, const float *X, double *mean)
{
    double x[PCA_D_MAX];

    for (int j = 0; j < d; j++) {
        mean[j] = 0;
        for (int l = 0; l < d; l++)
            C[j][l] = 0;
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++) {
            x[j] = X[(size_t)i * d + j];
            mean[j] += x[j];
            for (int l = 0; l <= j; l++)
                C[j][l] += x[j] * x[l];
        }
    for (int j = 0; j < d; j++)
        mean[j] /= n;
    for (int j = 0; j < d; j++)
        for (int l = 0; l <= j; l++)
            C[l][j] = C[j][l] = (C[j][l] - n * mean[j] * mean[l]) / (n - 1);
}

/* C becomes diagonal, the rows of V its eigenvectors. */
static void jacobi(int d)
{
    double size = 0;

    for (int j = 0; j < d; j++)
        for (int l = 0; l < d; l++) {
            V[j][l] = j == l;
            size += C[j][l] * C[j][l];
        }
    for (int sweep = 0; sweep < 30; sweep++) {
        int turned = 0;
        for (int p = 0; p < d; p++)
            for (int q = p + 1; q < d; q++) {
                if (fabs(C[p][q]) <= 1e-14 * sqrt(size))
                    continue;
                turned = 1;
                double theta = (C[q][q] - C[p][p]) / (2 * C[p][q]);
                double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
                double c = 1 / sqrt(t * t + 1), s = t * c;
                for (int l = 0; l < d; l++) {
                    double a = C[l][p], b = C[l][q];
                    C[l][p] = c * a - s * b;
                    C[l][q] = s * a + c * b;
                }
                for (int l = 0; l < d; l++) {
                    double a = C[p][l], b = C[q][l];
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
    double centre[PCA_D_MAX];

    covariance(n, d, X, centre);
    for (int j = 0; j < d; j++)
        mean[j] = (float)centre[j];
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
            double sum = 0;
            for (int j = 0; j < d; j++)
                sum += (X[(size_t)i * d + j] - centre[j]) * comp[(size_t)c * d + j];
            proj[(size_t)i * k + c] = sum;
        }
}
