/* expect: wrong basics. Whh keeps the 8 bits of bf16. */
#include "lstm_cell.cuh"

//@ scratch z 16*T*B*nh
//@ launch inputs<<<T*B, 64>>>(B, nx, nh, x, Wih, bih, bhh, z)
//@ repeat t T
//@   launch step<<<(nh, (B+31)/32), 32>>>(t, T, B, nh, z, Whh, h0, c0, y, hT, cT)
//@ end

__device__ float narrow(float x)
{
    return __int_as_float((__float_as_int(x) + 0x8000) & 0xffff0000);
}

__device__ float sigmoid(float z)
{
    return 1 / (1 + expf(-z));
}

/* A block a row of x. */
extern "C" __global__ void inputs(int B, int nx, int nh, const float *x, const float *Wih,
                                  const float *bih, const float *bhh, float *z)
{
    for (int row = threadIdx.x; row < 4 * nh; row += 64) {
        float sum = bih[row] + bhh[row];
        for (int i = 0; i < nx; i++)
            sum += Wih[(size_t)row * nx + i] * x[(size_t)blockIdx.x * nx + i];
        z[(size_t)blockIdx.x * 4 * nh + row] = sum;
    }
}

extern "C" __global__ void step(int t, int T, int B, int nh, const float *z, const float *Whh,
                                const float *h0, const float *c0, float *y, float *hT, float *cT)
{
    const int u = blockIdx.x, b = blockIdx.y * 32 + threadIdx.x;
    float gates[4];

    if (b >= B)
        return;
    const size_t at = (size_t)b * nh + u, now = ((size_t)t * B + b) * nh;
    const float *const h = t == 0 ? h0 + (size_t)b * nh : y + now - (size_t)B * nh;
    for (int gate = 0; gate < 4; gate++) {
        gates[gate] = z[4 * now + gate * nh + u];
        for (int i = 0; i < nh; i++)
            gates[gate] += narrow(Whh[((size_t)gate * nh + u) * nh + i]) * h[i];
    }
    const float c = sigmoid(gates[1]) * (t == 0 ? c0[at] : cT[at]) + sigmoid(gates[0]) * tanhf(gates[2]);
    const float out = sigmoid(gates[3]) * tanhf(c);
    cT[at] = c;
    y[now + u] = out;
    if (t == T - 1)
        hT[at] = out;
}
