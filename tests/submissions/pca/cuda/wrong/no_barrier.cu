/* expect: wrong basics. No barrier between a tile and its use. */
/* A race: on a device, either side may win it. */
#include "pca.cuh"

//@ scratch C 8*d*d
//@ scratch V 8*d*d
//@ launch means<<<(d+31)/32, 32>>>(n, d, X, mean)
//@ launch covariance<<<((d+7)/8, (d+7)/8), (8, 8)>>>(n, d, X, mean, C, V)
//@ launch jacobi<<<1, 32>>>(d, C, V)
//@ launch largest<<<1, 1>>>(d, k, C, V, comp, var)
//@ launch project<<<(n*k+63)/64, 64>>>(n, d, k, X, mean, comp, proj)

/* A thread a column. */
extern "C" __global__ void means(int n, int d, const float *X, float *mean)
{
    const int j = blockIdx.x * 32 + threadIdx.x;
    double sum = 0;

    for (int i = 0; i < n && j < d; i++)
        sum += X[(size_t)i * d + j];
    if (j < d)
        mean[j] = (float)(sum / n);
}

/* 8 x 8 elements a block, 16 rows at a time in shared memory. */
extern "C" __global__ void covariance(int n, int d, const float *X, const float *mean, double *C,
                                      double *V)
{
    __shared__ float a[16][8], b[16][8];
    const int x = threadIdx.x, y = threadIdx.y, j = blockIdx.y * 8 + y, l = blockIdx.x * 8 + x;
    double sum = 0;

    for (int i = 0; i < n; i += 16) {
        for (int r = y; r < 16; r += 8) {
            const int left = blockIdx.y * 8 + x;
            a[r][x] = i + r < n && left < d ? X[(size_t)(i + r) * d + left] - mean[left] : 0;
            b[r][x] = i + r < n && l < d ? X[(size_t)(i + r) * d + l] - mean[l] : 0;
        }
        for (int r = 0; r < 16; r++)
            sum += (double)a[r][y] * b[r][x];
        __syncthreads();
    }
    if (j >= d || l >= d)
        return;
    C[j * d + l] = sum / (n - 1);
    V[j * d + l] = j == l;
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
        C[best * d + best] = NAN; /* taken */
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
