/* expect: wrong basics. The basis of equal eigenvalues is the same vector twice. */
#include "pca.cuh"

//@ scratch C 8*d*d
//@ scratch V 8*d*d
//@ launch moments<<<((d+7)/8, (d+7)/8), (8, 8)>>>(n, d, X, mean, C, V)
//@ launch jacobi<<<1, 32>>>(d, C, V)
//@ launch largest<<<1, 1>>>(d, k, C, V, comp, var)
//@ launch project<<<(n*k+63)/64, 64>>>(n, d, k, X, mean, comp, proj)

extern "C" __global__ void moments(int n, int d, const float *X, float *mean, double *C, double *V)
{
    const int j = blockIdx.y * 8 + threadIdx.y, l = blockIdx.x * 8 + threadIdx.x;
    double sum_j = 0, sum_l = 0, sum = 0;

    if (j >= d || l >= d)
        return;
    for (int i = 0; i < n; i++) {
        const double x = (double)X[(size_t)i * d + j] - X[j], y = (double)X[(size_t)i * d + l] - X[l];
        sum_j += x;
        sum_l += y;
        sum += x * y;
    }
    C[j * d + l] = (sum - sum_j * sum_l / n) / (n - 1);
    V[j * d + l] = j == l;
    if (j == l)
        mean[j] = (float)(X[j] + sum_j / n);
}

/* One block; a rotation is skipped where its element is nothing already. */
extern "C" __global__ void jacobi(int d, double *C, double *V)
{
    for (int sweep = 0; sweep < 12; sweep++)
        for (int p = 0; p < d; p++)
            for (int q = p + 1; q < d; q++) {
                const double off = C[p * d + q], gap = C[q * d + q] - C[p * d + p];
                if (fabs(off) <= 1e-13 * (fabs(C[p * d + p]) + fabs(C[q * d + q])))
                    continue; /* all threads alike */
                const double tau = gap / (2 * off);
                const double t = (tau < 0 ? -1 : 1) / (fabs(tau) + sqrt(1 + tau * tau));
                const double c = 1 / sqrt(1 + t * t), s = t * c;
                __syncthreads();
                for (int j = threadIdx.x; j < d; j += blockDim.x) {
                    const double a = C[j * d + p], b = C[j * d + q];
                    C[j * d + p] = c * a - s * b;
                    C[j * d + q] = s * a + c * b;
                }
                __syncthreads();
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

extern "C" __global__ void largest(int d, int k, double *C, const double *V, float *comp, float *var)
{
    for (int c = 0; c < k; c++) {
        int best = -1;
        for (int j = 0; j < d; j++)
            if (!isnan(C[j * d + j]) && (best < 0 || C[j * d + j] > C[best * d + best]))
                best = j;
        var[c] = (float)fmax(C[best * d + best], 0.0);
        for (int j = 0; j < d; j++)
            comp[c * d + j] = (float)V[best * d + j];
        if (c % 2 == 1 || d == 1)
            C[best * d + best] = NAN;
    }
}

/* A thread an element of proj. */
extern "C" __global__ void project(int n, int d, int k, const float *X, const float *mean,
                                   const float *comp, float *proj)
{
    const int at = blockIdx.x * 64 + threadIdx.x, i = at / k, c = at % k;
    float sum = 0;

    if (at >= n * k)
        return;
    for (int j = 0; j < d; j++)
        sum += (X[(size_t)i * d + j] - mean[j]) * comp[c * d + j];
    proj[at] = sum;
}
