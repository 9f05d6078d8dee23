/* expect: pass. Mean, covariance, then Jacobi rotations of the whole matrix by one block (in double:
 * it is a small part of the work), the k largest, and the projection. Sums are left as loops: unrolled,
 * they are half of the time that this file takes to compile. */
#include "pca.cuh"

//@ scratch C 8*d*d
//@ scratch V 8*d*d
//@ launch means<<<d, 1>>>(n, d, X, mean)
//@ launch covariance<<<(d, d), 1>>>(n, d, X, mean, C, V)
//@ launch jacobi<<<1, 64>>>(d, C, V)
//@ launch largest<<<1, d>>>(d, k, C, V, comp, var)
//@ launch project<<<((n+127)/128, k), 128>>>(n, d, k, X, mean, comp, proj)

extern "C" __global__ void means(int n, int d, const float *X, float *mean)
{
    const int j = blockIdx.x;
    double sum = 0;

#pragma unroll 1
    for (int i = 0; i < n; i++)
        sum += X[(size_t)i * d + j];
    mean[j] = (float)(sum / n);
}

extern "C" __global__ void covariance(int n, int d, const float *X, const float *mean, double *C,
                                      double *V)
{
    const int j = blockIdx.x, l = blockIdx.y;
    double sum = 0;

#pragma unroll 1
    for (int i = 0; i < n; i++)
        sum += ((double)X[(size_t)i * d + j] - mean[j]) * ((double)X[(size_t)i * d + l] - mean[l]);
    C[j * d + l] = sum / (n - 1);
    V[j * d + l] = j == l;
}

extern "C" __global__ void jacobi(int d, double *C, double *V)
{
    for (int sweep = 0; sweep < 12; sweep++)
        for (int p = 0; p < d; p++)
            for (int q = p + 1; q < d; q++) {
                const double off = C[p * d + q], gap = C[q * d + q] - C[p * d + p];
                if (fabs(off) <= 1e-13 * (fabs(C[p * d + p]) + fabs(C[q * d + q])))
                    continue; /* nothing to do; all threads alike */
                const double far = sqrt(gap * gap + 4 * off * off);
                const double t = 2 * off / (gap + (gap < 0 ? -far : far));
                const double c = rsqrt(1 + t * t), s = t * c;
                __syncthreads();
#pragma unroll 1
                for (int j = threadIdx.x; j < d; j += blockDim.x) {
                    const double a = C[j * d + p], b = C[j * d + q];
                    C[j * d + p] = c * a - s * b;
                    C[j * d + q] = s * a + c * b;
                }
                __syncthreads();
#pragma unroll 1
                for (int j = threadIdx.x; j < d; j += blockDim.x) {
                    const double a = C[p * d + j], b = C[q * d + j];
                    const double v = V[p * d + j], w = V[q * d + j];
                    C[p * d + j] = c * a - s * b;
                    C[q * d + j] = s * a + c * b;
                    V[p * d + j] = c * v - s * w;
                    V[q * d + j] = s * v + c * w;
                }
                __syncthreads();
            }
}

/* A thread an eigenvalue, whose place is how many are larger. */
extern "C" __global__ void largest(int d, int k, const double *C, const double *V, float *comp,
                                   float *var)
{
    const int j = threadIdx.x;
    int place = 0;

#pragma unroll 1
    for (int l = 0; l < d; l++)
        place += C[l * d + l] > C[j * d + j] || (C[l * d + l] == C[j * d + j] && l < j);
    if (place >= k)
        return;
    var[place] = (float)fmax(C[j * d + j], 0.0);
#pragma unroll 1
    for (int l = 0; l < d; l++)
        comp[place * d + l] = (float)V[j * d + l];
}

extern "C" __global__ void project(int n, int d, int k, const float *X, const float *mean,
                                   const float *comp, float *proj)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x, c = blockIdx.y;
    float sum = 0;

    if (i >= n)
        return;
#pragma unroll 1
    for (int j = 0; j < d; j++)
        sum += (X[(size_t)i * d + j] - mean[j]) * comp[c * d + j];
    proj[(size_t)i * k + c] = sum;
}
