/* expect: wrong basics. No barrier between the block's residuals and their use. */
/* A race: on a device, either side may win it. */
#include "gradient_descent.cuh"

//@ scratch sum 4*(d+1)
//@ launch clear<<<1, 64>>>(d, sum)
//@ repeat t steps
//@   launch rows<<<(n+63)/64, 64, 4*(d+1)>>>(logistic, n, d, X, y, w, b, sum)
//@   launch update<<<1, 64>>>(n, d, lr, sum, w, b)
//@ end

extern "C" __global__ void clear(int d, float *sum)
{
    for (int j = threadIdx.x; j <= d; j += 64)
        sum[j] = 0;
}

extern "C" __global__ void rows(int logistic, int n, int d, const float *X, const float *y,
                                const float *w, const float *b, float *sum)
{
    extern __shared__ float mine[];
    const int first = blockIdx.x * 64, end = min(first + 64, n), i = first + threadIdx.x;
    __shared__ float r[64];

    if (i < n) {
        float z = b[0];
        for (int j = 0; j < d; j++)
            z += X[(size_t)i * d + j] * w[j];
        r[threadIdx.x] = (logistic ? 1 / (1 + expf(-z)) : z) - y[i];
    }
    for (int j = threadIdx.x; j <= d; j += 64) {
        mine[j] = 0;
        for (int at = first; at < end; at++)
            mine[j] += j < d ? r[at - first] * X[(size_t)at * d + j] : r[at - first];
        atomicAdd(&sum[j], mine[j]);
    }
}

extern "C" __global__ void update(int n, int d, float lr, float *sum, float *w, float *b)
{
    for (int j = threadIdx.x; j <= d; j += 64) {
        if (j < d)
            w[j] -= lr * sum[j] / n;
        else
            b[0] -= lr * sum[j] / n;
        sum[j] = 0;
    }
}
