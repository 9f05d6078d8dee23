/* Plain CUDA that speed is measured against: mean; covariance in tiles of 32 x 32; subspace iteration with
 * p = min(d, 2 k + 16, 128) vectors, made orthonormal one after the other by one block; Jacobi rotations of
 * what is left, p x p; projection. Where p is d, the rotations do it all. Compiled, audited and run on the
 * host in the tests; never run on a device yet. V, Y and Q are (p, d): rows are vectors. */
#include "pca.cuh"

//@ scratch part 4*d*((n+n/1024)/(n/1024+1))
//@ scratch C 4*d*d
//@ scratch V 512*d
//@ scratch Y 512*d
//@ scratch S 131072
//@ scratch Q 131072
//@ launch sums<<<(n+n/1024)/(n/1024+1), 128>>>(n, d, n/1024+1, X, part)
//@ launch means<<<d, 1>>>(n, d, (n+n/1024)/(n/1024+1), part, mean)
//@ launch covariance<<<((d+31)/32, (d+31)/32), (32, 32)>>>(n, d, X, mean, C)
//@ launch begin<<<(d+63)/64, 64>>>(d, k, V)
//@ repeat t 16
//@   launch multiply<<<d, 64>>>(d, k, C, V, Y)
//@   launch orthonormal<<<1, 256>>>(d, k, Y, V)
//@ end
//@ launch multiply<<<d, 64>>>(d, k, C, V, Y)
//@ launch jacobi<<<1, 64>>>(d, k, C, V, Y, S, Q)
//@ launch largest<<<1, 128>>>(d, k, V, S, Q, comp, var)
//@ launch project<<<(n+127)/128, 128>>>(n, d, k, X, mean, comp, proj)

__device__ int subspace(int d, int k)
{
    return min(d, min(2 * k + 16, 128));
}

extern "C" __global__ void sums(int n, int d, int rows, const float *X, float *part)
{
    for (int j = threadIdx.x; j < d; j += 128) {
        float sum = 0;
        for (int i = blockIdx.x * rows; i < n && i < (blockIdx.x + 1) * rows; i++)
            sum += X[(size_t)i * d + j];
        part[(size_t)blockIdx.x * d + j] = sum;
    }
}

extern "C" __global__ void means(int n, int d, int parts, const float *part, float *mean)
{
    float sum = 0;

    for (int i = 0; i < parts; i++)
        sum += part[(size_t)i * d + blockIdx.x];
    mean[blockIdx.x] = sum / n;
}

extern "C" __global__ void covariance(int n, int d, const float *X, const float *mean, float *C)
{
    __shared__ float a[32][33], b[32][33];
    const int x = threadIdx.x, y = threadIdx.y;
    const int j = blockIdx.y * 32 + y, l = blockIdx.x * 32 + x, left = blockIdx.y * 32 + x;
    float sum = 0;

    for (int i = 0; i < n; i += 32) {
        a[y][x] = i + y < n && left < d ? X[(size_t)(i + y) * d + left] - mean[left] : 0;
        b[y][x] = i + y < n && l < d ? X[(size_t)(i + y) * d + l] - mean[l] : 0;
        __syncthreads();
        for (int r = 0; r < 32; r++)
            sum += a[r][y] * b[r][x];
        __syncthreads();
    }
    if (j < d && l < d)
        C[(size_t)j * d + l] = sum / (n - 1);
}

/* Unit vectors where they are all; else signs that no eigenvector is orthogonal to. */
extern "C" __global__ void begin(int d, int k, float *V)
{
    const int p = subspace(d, k), j = blockIdx.x * 64 + threadIdx.x;

    for (int c = 0; c < p && j < d; c++) {
        const unsigned hash = (unsigned)(c * d + j) * 2654435761U;
        const float sign = (hash ^ hash >> 13) & 4096 ? 1 : -1;
        V[(size_t)c * d + j] = p == d ? c == j : sign;
    }
}

/* Y = V C. */
extern "C" __global__ void multiply(int d, int k, const float *C, const float *V, float *Y)
{
    const int p = subspace(d, k), j = blockIdx.x;

    for (int c = threadIdx.x; c < p && p < d; c += 64) {
        float sum = 0;
        for (int l = 0; l < d; l++)
            sum += V[(size_t)c * d + l] * C[(size_t)j * d + l];
        Y[(size_t)c * d + j] = sum;
    }
}

/* The same in every thread of a block of 256. */
__device__ double block_sum(double x)
{
    __shared__ double part[8];

    for (int by = 16; by > 0; by /= 2)
        x += __shfl_xor_sync(0xffffffff, x, by);
    __syncthreads(); /* all have read the sum before */
    if (threadIdx.x % 32 == 0)
        part[threadIdx.x / 32] = x;
    __syncthreads();
    x = 0;
    for (int i = 0; i < 8; i++)
        x += part[i];
    return x;
}

/* Gram and Schmidt, twice, since once leaves what cancellation lost. A row that was a combination of those
 * before it begins anew, from a unit vector. */
extern "C" __global__ void orthonormal(int d, int k, const float *Y, float *V)
{
    const int p = subspace(d, k);

    for (int c = 0; c < p && p < d; c++) {
        float *const v = V + (size_t)c * d;
        double before = 0;
        for (int j = threadIdx.x; j < d; j += 256) {
            v[j] = Y[(size_t)c * d + j];
            before += (double)v[j] * v[j];
        }
        before = block_sum(before);
        for (int turn = 0; turn < 4; turn++) {
            double length = 0;
            for (int i = 0; i < c; i++) {
                double dot = 0;
                for (int j = threadIdx.x; j < d; j += 256)
                    dot += (double)v[j] * V[(size_t)i * d + j];
                dot = block_sum(dot);
                for (int j = threadIdx.x; j < d; j += 256)
                    v[j] -= (float)dot * V[(size_t)i * d + j];
            }
            for (int j = threadIdx.x; j < d; j += 256)
                length += (double)v[j] * v[j];
            length = block_sum(length);
            const bool lost = turn == 1 && length <= 1e-10 * before;
            for (int j = threadIdx.x; j < d; j += 256)
                v[j] = lost ? j % p == c : (float)(v[j] / sqrt(length > 0 ? length : 1));
            if (turn == 1 && !lost)
                break;
            before = 1;
        }
    }
}

/* S = V Y', p x p, and its eigenvectors as rows of Q; in double: it is a small part of the work. */
extern "C" __global__ void jacobi(int d, int k, const float *C, const float *V, const float *Y, double *S,
                                  double *Q)
{
    const int p = subspace(d, k);

    for (int at = threadIdx.x; at < p * p; at += 64) {
        const int a = at / p, b = at % p;
        double sum = p == d ? C[a * d + b] : 0;
        for (int j = 0; j < d && p < d; j++)
            sum += (double)V[(size_t)max(a, b) * d + j] * Y[(size_t)min(a, b) * d + j];
        S[at] = sum;
        Q[at] = a == b;
    }
    __syncthreads();
    for (int sweep = 0; sweep < 12; sweep++)
        for (int a = 0; a < p; a++)
            for (int b = a + 1; b < p; b++) {
                const double off = S[a * p + b], gap = S[b * p + b] - S[a * p + a];
                if (fabs(off) <= 1e-12 * (fabs(S[a * p + a]) + fabs(S[b * p + b])))
                    continue; /* nothing to do; all threads alike */
                const double tau = gap / (2 * off);
                const double t = (tau < 0 ? -1 : 1) / (fabs(tau) + sqrt(1 + tau * tau));
                const double c = 1 / sqrt(1 + t * t), s = t * c;
                __syncthreads();
                for (int j = threadIdx.x; j < p; j += 64) {
                    const double x = S[j * p + a], y = S[j * p + b];
                    S[j * p + a] = c * x - s * y;
                    S[j * p + b] = s * x + c * y;
                }
                __syncthreads();
                for (int j = threadIdx.x; j < p; j += 64) {
                    const double x = S[a * p + j], y = S[b * p + j];
                    const double v = Q[a * p + j], w = Q[b * p + j];
                    S[a * p + j] = c * x - s * y;
                    S[b * p + j] = s * x + c * y;
                    Q[a * p + j] = c * v - s * w;
                    Q[b * p + j] = s * v + c * w;
                }
                __syncthreads();
            }
}

/* A thread an eigenvalue: its rank is how many are larger. */
extern "C" __global__ void largest(int d, int k, const float *V, const double *S, const double *Q,
                                   float *comp, float *var)
{
    const int p = subspace(d, k), a = threadIdx.x;
    int rank = 0;

    if (a >= p)
        return;
    for (int b = 0; b < p; b++)
        rank += S[b * p + b] > S[a * p + a] || (S[b * p + b] == S[a * p + a] && b < a);
    if (rank >= k)
        return;
    var[rank] = (float)fmax(S[a * p + a], 0.0);
    for (int j = 0; j < d; j++) {
        double sum = 0;
        for (int b = 0; b < p; b++)
            sum += Q[a * p + b] * V[(size_t)b * d + j];
        comp[(size_t)rank * d + j] = (float)sum;
    }
}

extern "C" __global__ void project(int n, int d, int k, const float *X, const float *mean,
                                   const float *comp, float *proj)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;

    for (int c = 0; c < k && i < n; c++) {
        float sum = 0;
        for (int j = 0; j < d; j++)
            sum += (X[(size_t)i * d + j] - mean[j]) * comp[c * d + j];
        proj[(size_t)i * k + c] = sum;
    }
}
