/* Plain CUDA that speed is measured against: one launch per step, one warp per sequence and unit, lanes
 * along the inputs. Compiled, audited and run on the host in the tests; never run on a device yet. */
#include "lstm_cell.cuh"

//@ repeat t T
//@   launch step<<<((nh+3)/4, B), 128>>>(t, T, B, nx, nh, x, Wih, Whh, bih, bhh, h0, c0, y, hT, cT)
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
    const int b = blockIdx.y, u = blockIdx.x * 4 + threadIdx.x / 32, lane = threadIdx.x % 32;
    const float *xt = x + ((size_t)t * B + b) * nx;
    const float *h = t == 0 ? h0 + (size_t)b * nh : y + ((size_t)(t - 1) * B + b) * nh;

    if (u >= nh)
        return; /* whole warps */
    float z[4];
    for (int gate = 0; gate < 4; gate++) {
        const size_t row = (size_t)gate * nh + u;
        z[gate] = 0;
        for (int i = lane; i < nx; i += 32)
            z[gate] += Wih[row * nx + i] * xt[i];
        for (int i = lane; i < nh; i += 32)
            z[gate] += Whh[row * nh + i] * h[i];
        for (int by = 16; by > 0; by /= 2)
            z[gate] += __shfl_down_sync(0xffffffff, z[gate], by);
        z[gate] += bih[row] + bhh[row];
    }
    if (lane != 0)
        return;
    const size_t at = (size_t)b * nh + u;
    const float c = sigmoid(z[1]) * (t == 0 ? c0[at] : cT[at]) + sigmoid(z[0]) * tanhf(z[2]);
    const float out = sigmoid(z[3]) * tanhf(c);
    cT[at] = c;
    y[((size_t)t * B + b) * nh + u] = out;
    if (t == T - 1)
        hT[at] = out;
}
