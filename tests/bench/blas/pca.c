/* ssyrk for the covariance, LAPACK's ssyevr for the k largest, sgemm for the projection. */
#include "pca.h"

#include <cblas.h>
#include <lapacke.h>
#include <stddef.h>
#include <string.h>

static float centred[(size_t)PCA_N_MAX * PCA_D_MAX], C[PCA_D_MAX * PCA_D_MAX];
static float values[PCA_D_MAX], vectors[PCA_K_MAX * PCA_D_MAX];

void pca(int n, int d, int k, const float *restrict X, float *restrict mean, float *restrict comp,
         float *restrict var, float *restrict proj)
{
    int found, support[2 * PCA_D_MAX];

    memset(mean, 0, sizeof *mean * (size_t)d);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++)
            mean[j] += X[(size_t)i * d + j];
    for (int j = 0; j < d; j++)
        mean[j] /= (float)n;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++)
            centred[(size_t)i * d + j] = X[(size_t)i * d + j] - mean[j];
    cblas_ssyrk(CblasRowMajor, CblasUpper, CblasTrans, d, n, 1 / (float)(n - 1), centred, d, 0, C,
                d);
    /* In columns: vector c is then contiguous. The upper triangle of rows is the lower one of
     * columns. */
    LAPACKE_ssyevr(LAPACK_COL_MAJOR, 'V', 'I', 'L', d, C, d, 0, 0, d - k + 1, d, 0, &found, values,
                   vectors, d, support);
    for (int c = 0; c < k; c++) {
        var[c] = values[k - 1 - c];
        memcpy(comp + (size_t)c * d, vectors + (size_t)(k - 1 - c) * d, sizeof *comp * (size_t)d);
    }
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, k, d, 1, centred, d, comp, d, 0, proj,
                k);
}
