/* A fast gradient descent, to learn from. To be compared with the bandwidth of memory, and with cuBLAS:
 * two sgemv a step, which read X twice. Four ideas:
 *
 * 1. X is read once a step. A warp takes a row, has its residual after a sum over lanes, and adds r x to
 *    its part of the gradient while x is still in registers. Bytes are the limit: 4 n d a step.
 * 2. Four rows at a time: eight loads of 16 bytes a lane are on their way at once, and the sums over lanes
 *    of four rows overlap.
 * 3. The gradient stays in registers over all rows of a warp, then goes once through shared memory and to
 *    scratch: 1,056 blocks at most, whatever n is, so that the second kernel reads 1 MB.
 * 4. Sums in a fixed order, without atomics: the same bits each time. They are short, too (rows of a warp,
 *    warps, blocks), so that rounding grows like the longest of them and not like n.
 *
 * A lane holds channels 4 lane + 128 c, in two float4 up to d = 256 and in five up to 640; where rows do
 * not start at multiples of 16 bytes it loads single floats. Past d they are zeros. Never run on a device
 * yet. */
#include "gradient_descent.cuh"

//@ scratch part 4*(d+1)*((n+n/8448*8+7)/(n/8448*8+8))
//@ repeat t steps
//@   launch gradient<<<(n+n/8448*8+7)/(n/8448*8+8), 256>>>(logistic, n, d, n/8448*8+8, X, y, w, b, part)
//@   launch update<<<(d+32)/32, 256>>>(n, d, (n+n/8448*8+7)/(n/8448*8+8), lr, part, w, b)
//@ end

enum { THREADS = 256, WARPS = THREADS / 32, CHANNELS_MAX = 640 };

/* Four channels of a row of d floats, zeros past its end. */
__device__ __forceinline__ float4 load_4(const float *row, int j, int d)
{
    if (d % 4 == 0)
        return j < d ? *(const float4 *)(row + j) : make_float4(0, 0, 0, 0);
    return make_float4(j < d ? row[j] : 0, j + 1 < d ? row[j + 1] : 0, j + 2 < d ? row[j + 2] : 0,
                       j + 3 < d ? row[j + 3] : 0);
}

__device__ __forceinline__ float dot_4(float4 a, float4 b, float sum)
{
    return fmaf(a.w, b.w, fmaf(a.z, b.z, fmaf(a.y, b.y, fmaf(a.x, b.x, sum))));
}

__device__ __forceinline__ float4 add_4(float r, float4 x, float4 sum)
{
    return make_float4(fmaf(r, x.x, sum.x), fmaf(r, x.y, sum.y), fmaf(r, x.z, sum.z),
                       fmaf(r, x.w, sum.w));
}

/* The gradient of a block's rows, d weights and then the bias, to `to`. VECTORS a lane, ROWS at a time. */
template <int VECTORS, int ROWS>
__device__ __forceinline__ void sum_rows(int logistic, int first, int end, int d, const float *X,
                                         const float *y, const float *w, float bias, float *shared,
                                         float *to)
{
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    float4 weights[VECTORS], sum[VECTORS];
    float sum_bias = 0;

#pragma unroll
    for (int c = 0; c < VECTORS; c++) {
        weights[c] = load_4(w, 4 * lane + 128 * c, d);
        sum[c] = make_float4(0, 0, 0, 0);
    }
    for (int i = first + warp * ROWS; i < end; i += WARPS * ROWS) {
        float4 x[ROWS][VECTORS];
        float z[ROWS];
#pragma unroll
        for (int r = 0; r < ROWS; r++)
#pragma unroll
            for (int c = 0; c < VECTORS; c++) /* a row past the end is the last once more, with r = 0 */
                x[r][c] = load_4(X + (size_t)min(i + r, end - 1) * d, 4 * lane + 128 * c, d);
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            z[r] = 0;
#pragma unroll
            for (int c = 0; c < VECTORS; c++)
                z[r] = dot_4(x[r][c], weights[c], z[r]);
        }
#pragma unroll
        for (int by = 16; by > 0; by /= 2)
#pragma unroll
            for (int r = 0; r < ROWS; r++)
                z[r] += __shfl_xor_sync(0xffffffff, z[r], by);
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            const float a = z[r] + bias, guess = logistic ? 1 / (1 + expf(-a)) : a;
            const float residual = i + r < end ? guess - y[min(i + r, end - 1)] : 0;
            sum_bias += residual;
#pragma unroll
            for (int c = 0; c < VECTORS; c++)
                sum[c] = add_4(residual, x[r][c], sum[c]);
        }
    }

    /* Warps one after the other: eight additions, once a block. */
    for (int turn = 0; turn < WARPS; turn++) {
        if (warp == turn) {
#pragma unroll
            for (int c = 0; c < VECTORS; c++) {
                float4 *const at = (float4 *)(shared + 4 * lane + 128 * c);
                *at = turn == 0 ? sum[c] : add_4(1, sum[c], *at);
            }
            if (lane == 0)
                shared[CHANNELS_MAX] = turn == 0 ? sum_bias : shared[CHANNELS_MAX] + sum_bias;
        }
        __syncthreads();
    }
    for (int j = threadIdx.x; j <= d; j += THREADS)
        to[j] = shared[j < d ? j : CHANNELS_MAX];
}

extern "C" __global__ void __launch_bounds__(THREADS, 3)
    gradient(int logistic, int n, int d, int rows, const float *X, const float *y, const float *w,
             const float *b, float *part)
{
    __shared__ float4 shared[CHANNELS_MAX / 4 + 1];
    const int first = blockIdx.x * rows, end = min(first + rows, n);
    float *const to = part + (size_t)blockIdx.x * (d + 1);

    if (d <= 256)
        sum_rows<2, 4>(logistic, first, end, d, X, y, w, b[0], (float *)shared, to);
    else
        sum_rows<5, 1>(logistic, first, end, d, X, y, w, b[0], (float *)shared, to);
}

/* 32 channels a block, eight threads each: every eighth block's part, then those eight. */
extern "C" __global__ void __launch_bounds__(256)
    update(int n, int d, int parts, float lr, const float *part, float *w, float *b)
{
    __shared__ float sums[8][32];
    const int lane = threadIdx.x % 32, turn = threadIdx.x / 32, j = blockIdx.x * 32 + lane;
    float sum = 0;

    for (int i = turn; i < parts && j <= d; i += 8)
        sum += part[(size_t)i * (d + 1) + j];
    sums[turn][lane] = sum;
    __syncthreads();
    if (turn != 0 || j > d)
        return;
    for (int i = 1; i < 8; i++)
        sum += sums[i][lane];
    float *const to = j < d ? w + j : b;
    *to -= lr * (sum / (float)n);
}
