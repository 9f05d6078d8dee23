/* expect: wrong basics. No barrier between columns and rows. */
/* A race: on a device, either side may win it. */
#include "pca.cuh"

//@ scratch C 4*(d+1)*(d+1)
//@ scratch V 4*(d+1)*(d+1)
//@ launch means<<<(d+31)/32, 32>>>(n, d, X, mean)
//@ launch covariance<<<(d+1, (d+32)/32), 32>>>(n, d, X, mean, C, V)
//@ launch jacobi<<<1, 64, 4*(d+2)>>>(d, C, V)
//@ launch largest<<<1, 32>>>(d, k, C, V, comp, var)
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

/* With one more line of zeros, which makes an odd d even. */
extern "C" __global__ void covariance(int n, int d, const float *X, const float *mean, float *C,
                                      float *V)
{
    const int j = blockIdx.x, l = blockIdx.y * 32 + threadIdx.x;
    double sum = 0;

    if (l > d)
        return;
    for (int i = 0; i < n && j < d && l < d; i++)
        sum += ((double)X[(size_t)i * d + j] - mean[j]) * ((double)X[(size_t)i * d + l] - mean[l]);
    C[j * (d + 1) + l] = (float)(sum / (n - 1));
    V[j * (d + 1) + l] = j == l;
}

__device__ int first_of(int round, int i, int m)
{
    return i == 0 ? round : (round + i) % (m - 1);
}

__device__ int second_of(int round, int i, int m)
{
    return i == 0 ? m - 1 : (round - i + m - 1) % (m - 1);
}

extern "C" __global__ void jacobi(int d, float *C, float *V)
{
    extern __shared__ float turns[]; /* cosine and sine of each pair */
    const int m = (d + 1) / 2 * 2, pitch = d + 1;

    for (int round = 0; round < 10 * (m - 1); round++) {
        for (int i = threadIdx.x; i < m / 2; i += 64) {
            const int p = first_of(round % (m - 1), i, m), q = second_of(round % (m - 1), i, m);
            const float off = C[p * pitch + q], gap = C[q * pitch + q] - C[p * pitch + p];
            const float tau = off == 0 ? 0 : gap / (2 * off);
            const float t = off == 0 ? 0 : (tau < 0 ? -1 : 1) / (fabsf(tau) + sqrtf(1 + tau * tau));
            turns[2 * i] = 1 / sqrtf(1 + t * t);
            turns[2 * i + 1] = t * turns[2 * i];
        }
        __syncthreads();
        for (int at = threadIdx.x; at < m / 2 * m; at += 64) {
            const int i = at / m, j = at % m;
            const int p = first_of(round % (m - 1), i, m), q = second_of(round % (m - 1), i, m);
            const float c = turns[2 * i], s = turns[2 * i + 1];
            const float a = C[j * pitch + p], b = C[j * pitch + q];
            C[j * pitch + p] = c * a - s * b;
            C[j * pitch + q] = s * a + c * b;
        }
        for (int at = threadIdx.x; at < m / 2 * m; at += 64) {
            const int i = at / m, j = at % m;
            const int p = first_of(round % (m - 1), i, m), q = second_of(round % (m - 1), i, m);
            const float c = turns[2 * i], s = turns[2 * i + 1];
            const float a = C[p * pitch + j], b = C[q * pitch + j];
            const float v = V[p * pitch + j], w = V[q * pitch + j];
            C[p * pitch + j] = j == q ? 0 : c * a - s * b;
            C[q * pitch + j] = j == p ? 0 : s * a + c * b;
            V[p * pitch + j] = c * v - s * w;
            V[q * pitch + j] = s * v + c * w;
        }
        __syncthreads();
    }
}

/* Each line of the matrix counts those that are larger. */
extern "C" __global__ void largest(int d, int k, const float *C, const float *V, float *comp, float *var)
{
    for (int j = threadIdx.x; j < d; j += 32) {
        const float mine = C[j * (d + 1) + j];
        int rank = 0;
        for (int l = 0; l < d; l++)
            rank += C[l * (d + 1) + l] > mine || (C[l * (d + 1) + l] == mine && l < j);
        if (rank >= k)
            continue;
        var[rank] = fmaxf(mine, 0);
        for (int l = 0; l < d; l++)
            comp[rank * d + l] = V[j * (d + 1) + l];
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
