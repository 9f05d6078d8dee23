/* expect: pass. One launch per step, one thread per sequence and unit. h of the step before is read
 * from y, so that no thread overwrites what another still reads. */
#include "lstm_cell.cuh"

//@ repeat t T
//@   launch step<<<(nh+127)/128*B, 128>>>(t, T, B, nx, nh, x, Wih, Whh, bih, bhh, h0, c0,
//@       y, hT, cT)
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
    const int blocks = (nh + 127) / 128;
    const int b = blockIdx.x / blocks, u = blockIdx.x % blocks * 128 + threadIdx.x;
    const float *xt = x + ((size_t)t * B + b) * nx;
    const float *h = t == 0 ? h0 + (size_t)b * nh : y + ((size_t)(t - 1) * B + b) * nh;

    if (u >= nh)
        return;
    float z[4];
    for (int gate = 0; gate < 4; gate++)
        z[gate] = bih[gate * nh + u] + bhh[gate * nh + u];
    for (int i = 0; i < nx; i++)
        for (int gate = 0; gate < 4; gate++)
            z[gate] += Wih[((size_t)gate * nh + u) * nx + i] * xt[i];
    for (int i = 0; i < nh; i++)
        for (int gate = 0; gate < 4; gate++)
            z[gate] += Whh[((size_t)gate * nh + u) * nh + i] * h[i];
    const size_t at = (size_t)b * nh + u;
    const float c = sigmoid(z[1]) * (t == 0 ? c0[at] : cT[at]) + sigmoid(z[0]) * tanhf(z[2]);
    const float out = sigmoid(z[3]) * tanhf(c);
    cT[at] = c;
    y[((size_t)t * B + b) * nh + u] = out;
    if (t == T - 1)
        hT[at] = out;
}
