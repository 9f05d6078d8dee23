/* expect: wrong basics. h is overwritten while other threads still read it. */
/* A race: on a device, either side may win it. */
#include "lstm_cell.cuh"

//@ launch layer<<<B, 128, 8*nh>>>(T, B, nx, nh, x, Wih, Whh, bih, bhh, h0, c0, y, hT, cT)

__device__ float sigmoid(float z)
{
    return 1 / (1 + expf(-z));
}

__device__ float row(const float *W, const float *x, int n)
{
    float sum = 0;

    for (int i = 0; i < n; i++)
        sum += W[i] * x[i];
    return sum;
}

extern "C" __global__ void layer(int T, int B, int nx, int nh, const float *x, const float *Wih,
                                 const float *Whh, const float *bih, const float *bhh,
                                 const float *h0, const float *c0, float *y, float *hT, float *cT)
{
    extern __shared__ float state[];
    float *h = state, *next = state + nh;
    const int b = blockIdx.x;

    for (int u = threadIdx.x; u < nh; u += 128) {
        h[u] = h0[(size_t)b * nh + u];
        cT[(size_t)b * nh + u] = c0[(size_t)b * nh + u];
    }
    __syncthreads();
    for (int t = 0; t < T; t++) {
        const float *const xt = x + ((size_t)t * B + b) * nx;
        for (int u = threadIdx.x; u < nh; u += 128) {
            float z[4];
            for (int gate = 0; gate < 4; gate++) {
                const size_t at = (size_t)gate * nh + u;
                z[gate] = bih[at] + bhh[at] + row(Wih + at * nx, xt, nx) + row(Whh + at * nh, h, nh);
            }
            const float c = sigmoid(z[1]) * cT[(size_t)b * nh + u] + sigmoid(z[0]) * tanhf(z[2]);
            cT[(size_t)b * nh + u] = c;
            h[u] = sigmoid(z[3]) * tanhf(c);
            y[((size_t)t * B + b) * nh + u] = h[u];
        }
        __syncthreads();
    }
    for (int u = threadIdx.x; u < nh; u += 128)
        hT[(size_t)b * nh + u] = h[u];
}
