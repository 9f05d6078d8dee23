/* expect: wrong shapes,range. Only the rows of the first block count. */
#include "gradient_descent.cuh"

//@ scratch r 8*n
//@ repeat t steps
//@   launch residuals<<<1, 64>>>(logistic, n, d, X, y, w, b, r)
//@   launch update<<<(d+8)/8, 8>>>(n, d, X, r, lr, w, b)
//@ end

extern "C" __global__ void residuals(int logistic, int n, int d, const float *X, const float *y,
                                     const float *w, const float *b, double *r)
{
    const int i = blockIdx.x * 64 + threadIdx.x;
    double z = b[0];

    for (int j = 0; j < d && i < n; j++)
        z += (double)X[(size_t)i * d + j] * w[j];
    if (i < n)
        r[i] = (logistic ? 1 / (1 + exp(-z)) : z) - y[i];
}

extern "C" __global__ void update(int n, int d, const float *X, const double *r, float lr, float *w,
                                  float *b)
{
    const int j = blockIdx.x * 8 + threadIdx.x;
    double sum = 0;

    for (int i = 0; i < min(n, 64) && j <= d; i++)
        sum += j < d ? X[(size_t)i * d + j] * r[i] : r[i];
    if (j < d)
        w[j] = (float)(w[j] - lr * sum / n);
    if (j == d)
        b[0] = (float)(b[0] - lr * sum / n);
}
