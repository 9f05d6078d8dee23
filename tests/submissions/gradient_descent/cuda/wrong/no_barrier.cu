/* expect: wrong basics. The tree of the block sum has no barrier. */
/* A race: on a device, either side may win it. */
#include "gradient_descent.cuh"

//@ scratch r 4*n
//@ repeat t steps
//@   launch residuals<<<(n+127)/128, 128>>>(logistic, n, d, X, y, w, b, r)
//@   launch update<<<d+1, 256>>>(n, d, X, r, lr, w, b)
//@ end

extern "C" __global__ void residuals(int logistic, int n, int d, const float *X, const float *y,
                                     const float *w, const float *b, float *r)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;

    if (i >= n)
        return;
    float z = b[0];
    for (int j = 0; j < d; j++)
        z += X[(size_t)i * d + j] * w[j];
    r[i] = (logistic ? 1 / (1 + expf(-z)) : z) - y[i];
}

extern "C" __global__ void update(int n, int d, const float *X, const float *r, float lr, float *w,
                                  float *b)
{
    __shared__ float part[256];
    const int j = blockIdx.x;
    float sum = 0;

    for (int i = threadIdx.x; i < n; i += 256)
        sum += j < d ? X[(size_t)i * d + j] * r[i] : r[i];
    part[threadIdx.x] = sum;
    __syncthreads();
    for (int half = 128; half > 0; half /= 2) {
        if (threadIdx.x < half)
            part[threadIdx.x] += part[threadIdx.x + half];
    }
    if (threadIdx.x == 0 && j < d)
        w[j] -= lr * part[0] / n;
    if (threadIdx.x == 0 && j == d)
        b[0] -= lr * part[0] / n;
}
