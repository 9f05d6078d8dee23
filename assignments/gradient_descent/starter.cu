/* gradient_descent in CUDA: start here. This compiles and is wrong. The lines with an at sign say what is
 * launched: gradient_descent.cuh explains them. The rest is in gradient_descent.h and TASK.md. */
#include "gradient_descent.cuh"

//@ scratch r 4*n
//@ repeat t steps
//@   launch residuals<<<(n+127)/128, 128>>>(logistic, n, d, X, y, w, b, r)
//@   launch update<<<1, 256>>>(n, d, X, r, lr, w, b)
//@ end

/* 1. r[i] of this step, one thread a row. */
extern "C" __global__ void residuals(int logistic, int n, int d, const float *X, const float *y,
                                     const float *w, const float *b, float *r)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;

    if (i < n)
        r[i] = 0;
}

/* 2. w and b, from all of r. */
extern "C" __global__ void update(int n, int d, const float *X, const float *r, float lr, float *w,
                                  float *b)
{
}
