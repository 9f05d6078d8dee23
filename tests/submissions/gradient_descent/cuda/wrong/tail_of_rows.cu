/* expect: wrong shapes. The last n % 8 rows are left out. */
#include "gradient_descent.cuh"

//@ scratch r 4*n
//@ scratch part 4*32*(d+1)
//@ repeat t steps
//@   launch residuals<<<(n+7)/8, 256>>>(logistic, n, d, X, y, w, b, r)
//@   launch gradients<<<((d+32)/32, 32), 32>>>(n, d, X, r, part)
//@   launch update<<<(d+64)/64, 64>>>(n, d, part, lr, w, b)
//@ end

extern "C" __global__ void residuals(int logistic, int n, int d, const float *X, const float *y,
                                     const float *w, const float *b, float *r)
{
    const int i = blockIdx.x * 8 + threadIdx.x / 32, lane = threadIdx.x % 32;
    float z = 0;

    if (i >= n / 8 * 8)
        return;
    for (int j = lane; j < d; j += 32)
        z += X[(size_t)i * d + j] * w[j];
    for (int by = 16; by > 0; by /= 2)
        z += __shfl_down_sync(0xffffffff, z, by);
    z += b[0];
    if (lane == 0)
        r[i] = (logistic ? 1 / (1 + expf(-z)) : z) - y[i];
}

/* Column d is the bias. */
extern "C" __global__ void gradients(int n, int d, const float *X, const float *r, float *part)
{
    const int j = blockIdx.x * 32 + threadIdx.x;
    float sum = 0;

    if (j > d)
        return;
    for (int i = blockIdx.y; i < n / 8 * 8; i += 32)
        sum += j < d ? X[(size_t)i * d + j] * r[i] : r[i];
    part[blockIdx.y * (d + 1) + j] = sum;
}

extern "C" __global__ void update(int n, int d, const float *part, float lr, float *w, float *b)
{
    const int j = blockIdx.x * 64 + threadIdx.x;
    float sum = 0;

    if (j > d)
        return;
    for (int p = 0; p < 32; p++)
        sum += part[p * (d + 1) + j];
    if (j < d)
        w[j] -= lr * sum / n;
    else
        b[0] -= lr * sum / n;
}
