/* PCA: start here. This compiles and finds nothing, so every case fails until you fill it in. The
 * contract is in pca.h, the mathematics and the scoring in TASK.md. */
#include "pca.h"

#include <math.h>
#include <stddef.h>

static float covariance[PCA_D_MAX][PCA_D_MAX];

/* The k largest eigenvalues and their eigenvectors of the symmetric matrix `covariance`. */
static void eigen(int d, int k, float *restrict comp, float *restrict var)
{
    /* 3. Jacobi rotations are the simplest that always work; see the hints in TASK.md. */
    for (int c = 0; c < k; c++) {
        var[c] = 0;
        for (int j = 0; j < d; j++)
            comp[(size_t)c * (size_t)d + (size_t)j] = 0;
    }
}

void pca(int n, int d, int k, const float *restrict X, float *restrict mean, float *restrict comp,
         float *restrict var, float *restrict proj)
{
    for (int j = 0; j < d; j++) {
        /* 1. the mean of column j */
        mean[j] = 0;
        (void)X;
    }
    /* 2. the covariance matrix; subtract the mean first, divide by n - 1 */
    (void)covariance;
    eigen(d, k, comp, var);
    for (int i = 0; i < n; i++)
        for (int c = 0; c < k; c++) {
            /* 4. row i without the mean, times component c */
            proj[(size_t)i * (size_t)k + (size_t)c] = 0;
        }
}
