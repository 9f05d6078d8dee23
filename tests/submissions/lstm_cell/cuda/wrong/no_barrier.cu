/* expect: wrong basics. No barrier between gates and their use. */
/* A race: on a device, either side may win it. */
#include "lstm_cell.cuh"

//@ repeat t T
//@   launch step<<<((nh+15)/16, B), 64>>>(t, T, B, nx, nh, x, Wih, Whh, bih, bhh, h0, c0, y, hT, cT)
//@ end

__device__ float sigmoid(float z)
{
    return 1 / (1 + expf(-z));
}

extern "C" __global__ void step(int t, int T, int B, int nx, int nh, const float *x,
                                const float *Wih, const float *Whh, const float *bih,
                                const float *bhh, const float *h0, const float *c0, float *y,
                                float *hT, float *cT)
{
    __shared__ float gates[4][16];
    const int gate = threadIdx.x / 16, b = blockIdx.y, u = blockIdx.x * 16 + threadIdx.x % 16;
    const float *const xt = x + ((size_t)t * B + b) * nx;
    const float *const h = t == 0 ? h0 + (size_t)b * nh : y + ((size_t)(t - 1) * B + b) * nh;

    if (u < nh) {
        const size_t row = (size_t)gate * nh + u;
        float z = bih[row] + bhh[row];
        for (int i = 0; i < nx; i++)
            z += Wih[row * nx + i] * xt[i];
        for (int i = 0; i < nh; i++)
            z += Whh[row * nh + i] * h[i];
        gates[gate][threadIdx.x % 16] = gate == 2 ? tanhf(z) : sigmoid(z);
    }
    if (gate != 0 || u >= nh)
        return;
    const int l = threadIdx.x;
    const size_t at = (size_t)b * nh + u;
    const float c = gates[1][l] * (t == 0 ? c0[at] : cT[at]) + gates[0][l] * gates[2][l];
    const float out = gates[3][l] * tanhf(c);
    cT[at] = c;
    y[((size_t)t * B + b) * nh + u] = out;
    if (t == T - 1)
        hT[at] = out;
}
