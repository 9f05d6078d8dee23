/* pca in CUDA: start here. This compiles and is wrong. The lines with an at sign say what is
 * launched: pca.cuh explains them. The rest is in pca.h and TASK.md. */
#include "pca.cuh"

//@ scratch C 4*d*d
//@ launch means<<<d, 1>>>(n, d, X, mean)
//@ launch rest<<<1, 1>>>(n, d, k, X, mean, C, comp, var, proj)

/* 1. the mean of each column, one block a column. */
extern "C" __global__ void means(int n, int d, const float *X, float *mean)
{
    mean[blockIdx.x] = 0;
}

/* 2. the covariance into C, its eigenvectors, the projection: several kernels, in the end. */
extern "C" __global__ void rest(int n, int d, int k, const float *X, const float *mean, float *C,
                                float *comp, float *var, float *proj)
{
    for (int i = 0; i < k * d; i++)
        comp[i] = 0;
    for (int i = 0; i < k; i++)
        var[i] = 0;
    for (size_t i = 0; i < (size_t)n * k; i++)
        proj[i] = 0;
}
