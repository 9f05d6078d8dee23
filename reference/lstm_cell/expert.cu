/* A fast LSTM layer, to learn from. To be compared with cuDNN's LSTM in fp32 (CUDNN_FMA_MATH, standard
 * algorithm), and its two halves with cuBLAS sgemm. Four ideas:
 *
 * 1. The inputs' half of all gates needs no h: one matrix product of T B x nx by nx x 4 nh for all steps,
 *    at the speed of a large sgemm. Half of the arithmetic is out of the chain of steps.
 * 2. A step's block owns 8 units, all four gates of them, for 64 sequences: what it sums is all that it
 *    needs for c and h. At nh = 1024 that makes 128 blocks, about one a multiprocessor.
 * 3. So few outputs a block would leave threads idle: four groups of 64 threads take a quarter of nh each,
 *    with 8 x 4 sums a thread, and are added through shared memory.
 * 4. Rows of both matrices run along the summed index, and stay so in shared memory: four floats of a row
 *    at a time serve a thread, no transposition, copies by cp.async. Rows padded by one unit of 16 bytes
 *    lie in different groups of banks.
 *
 * A step is a launch, since blocks of one launch may not wait for each other (nothing says that they all
 * run at once). So Whh comes from the second-level cache in each step, where its 16 MiB stay; keeping it
 * in registers over all steps, as persistent kernels do, takes a barrier of the whole grid.
 *
 * The gates' inputs of all steps take 16 T B nh bytes of scratch: just the 512 MiB that there are at the
 * ranked size. Without __CUDA_ARCH__ (on a host) copies are plain ones. Never run on a device yet. */
#include "lstm_cell.cuh"

//@ scratch inputs 16*T*B*nh
//@ launch multiply<<<((4*nh+127)/128, (T*B+127)/128), 256>>>(T*B, nx, 4*nh, x, Wih, bih, bhh, inputs)
//@ repeat t T
//@   launch step<<<((nh+7)/8, (B+63)/64), 256, 92160>>>(t, T, B, nh, inputs, Whh, h0, c0, y, hT, cT)
//@ end

enum {
    DEPTH = 16, /* of the summed index, in a stage and a group */
    PITCH = DEPTH + 4,
    THREADS = 256,
    TILE = 128,     /* multiply: outputs both ways, 8 x 8 a thread */
    SEQUENCES = 64, /* step: of a block */
    UNITS = 8,
    GROUPS = 4,
    STAGES = 3,
    GROUP_FLOATS = (SEQUENCES + 4 * UNITS) * PITCH,
    STAGE_FLOATS = GROUPS * GROUP_FLOATS,
};

static_assert(4 * STAGES * STAGE_FLOATS == 92160, "as the launch line says");

/* Four floats of a row of `width` to shared memory, zeros past its end or where there is no row. */
__device__ __forceinline__ void copy_4(float *to, const float *row, bool there, int c, int width)
{
    const int left = there ? width - c : 0;
#ifdef __CUDA_ARCH__
    const unsigned at = (unsigned)__cvta_generic_to_shared(to);
    if (width % 4 == 0) {
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at),
                     "l"(row + (left > 0 ? c : 0)), "r"(left > 0 ? 16 : 0)
                     : "memory");
        return;
    }
#pragma unroll 1
    for (int e = 0; e < 4; e++)
        asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(at + 4 * e),
                     "l"(row + (left > e ? c + e : 0)), "r"(left > e ? 4 : 0)
                     : "memory");
#else
    for (int e = 0; e < 4; e++)
        to[e] = left > e ? row[c + e] : 0;
#endif
}

__device__ __forceinline__ void copies_end_group()
{
#ifdef __CUDA_ARCH__
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/* Until all groups but the last `LEFT` are there. */
template <int LEFT> __device__ __forceinline__ void copies_wait()
{
#ifdef __CUDA_ARCH__
    asm volatile("cp.async.wait_group %0;" ::"n"(LEFT) : "memory");
#endif
}

__device__ __forceinline__ float dot_4(float4 a, float4 b, float sum)
{
    return fmaf(a.w, b.w, fmaf(a.z, b.z, fmaf(a.y, b.y, fmaf(a.x, b.x, sum))));
}

/* sum[i][j] += a_i . b_j over one stage; rows of a are A_STEP apart, of b B_STEP. The loop over k is
 * unrolled twice only: unrolled whole, loads are hoisted until 128 registers no longer do. */
template <int COLUMNS, int A_STEP, int B_STEP>
__device__ __forceinline__ void multiply_stage(float sum[8][COLUMNS], const float *a, const float *b)
{
#pragma unroll 2
    for (int k = 0; k < DEPTH; k += 4) {
        float4 left[8];
#pragma unroll
        for (int i = 0; i < 8; i++)
            left[i] = *(const float4 *)(a + i * A_STEP * PITCH + k);
#pragma unroll
        for (int j = 0; j < COLUMNS; j++) {
            const float4 right = *(const float4 *)(b + j * B_STEP * PITCH + k);
#pragma unroll
            for (int i = 0; i < 8; i++)
                sum[i][j] = dot_4(left[i], right, sum[i][j]);
        }
    }
}

/* One stage of multiply: 128 rows each of x and W from k on, four units a row. */
__device__ __forceinline__ void load_tiles(float *to, const float *x, const float *W, int rows,
                                           int columns, int nx, int k)
{
    const int u = threadIdx.x % 4 * 4;
#pragma unroll 1
    for (int i = 0; i < TILE / 64; i++) {
        const int r = threadIdx.x / 4 + 64 * i;
        const int m = blockIdx.y * TILE + r, n = blockIdx.x * TILE + r;
        copy_4(to + r * PITCH + u, x + (m < rows ? (size_t)m * nx : 0), m < rows, k + u, nx);
        copy_4(to + (TILE + r) * PITCH + u, W + (n < columns ? (size_t)n * nx : 0), n < columns,
               k + u, nx);
    }
}

/* out (rows, columns) = x W' + bih + bhh; x (rows, nx), W (columns, nx). */
extern "C" __global__ void __launch_bounds__(THREADS, 2)
    multiply(int rows, int nx, int columns, const float *x, const float *W, const float *bih,
             const float *bhh, float *out)
{
    __shared__ float4 shared[2][2 * TILE * PITCH / 4];
    const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
    float sum[8][8] = {};

    load_tiles((float *)shared[0], x, W, rows, columns, nx, 0);
    copies_end_group();
    for (int k = 0, slot = 0; k < nx; k += DEPTH, slot ^= 1) {
        if (k + DEPTH < nx)
            load_tiles((float *)shared[slot ^ 1], x, W, rows, columns, nx, k + DEPTH);
        copies_end_group();
        copies_wait<1>();
        __syncthreads();
        const float *const stage = (const float *)shared[slot];
        multiply_stage<8, 16, 16>(sum, stage + ty * PITCH, stage + (TILE + tx) * PITCH);
        __syncthreads(); /* before the next copies overwrite this stage */
    }
#pragma unroll
    for (int j = 0; j < 8; j++) {
        const int n = blockIdx.x * TILE + tx + 16 * j;
        const float bias = n < columns ? bih[n] + bhh[n] : 0;
#pragma unroll
        for (int i = 0; i < 8; i++) {
            const int m = blockIdx.y * TILE + ty + 16 * i;
            if (m < rows && n < columns)
                out[(size_t)m * columns + n] = sum[i][j] + bias;
        }
    }
}

/* One stage of step: for each group 64 rows of h and 32 of Whh, gate by gate, from its k on. */
__device__ __forceinline__ void load_stage(float *to, const float *h, const float *Whh, int B, int nh,
                                           int k)
{
    const int u = threadIdx.x % 4 * 4, group = threadIdx.x / 4 % GROUPS, r0 = threadIdx.x / 16;
    float *const mine = to + group * GROUP_FLOATS;
    const int from = k + group * DEPTH + u;

#pragma unroll
    for (int i = 0; i < SEQUENCES / 16; i++) {
        const int r = r0 + 16 * i, b = blockIdx.y * SEQUENCES + r;
        copy_4(mine + r * PITCH + u, h + (b < B ? (size_t)b * nh : 0), b < B, from, nh);
    }
#pragma unroll
    for (int i = 0; i < 4 * UNITS / 16; i++) {
        const int r = r0 + 16 * i, unit = blockIdx.x * UNITS + r % UNITS;
        const size_t row = (size_t)(r / UNITS) * nh + unit;
        copy_4(mine + (SEQUENCES + r) * PITCH + u, Whh + (unit < nh ? row * nh : 0), unit < nh, from,
               nh);
    }
}

__device__ __forceinline__ float sigmoid(float z)
{
    return 1 / (1 + expf(-z)); /* of -100: 1 / inf */
}

/* Gates to c and h, two cells of the block's 64 x 8 a thread. parts: of each group, gate, sequence, unit. */
__device__ __forceinline__ void finish(int t, int T, int B, int nh, const float *inputs,
                                       const float *parts, const float *c0, float *y, float *hT,
                                       float *cT)
{
    for (int cell = threadIdx.x; cell < SEQUENCES * UNITS; cell += THREADS) {
        const int b = blockIdx.y * SEQUENCES + cell / UNITS, u = blockIdx.x * UNITS + cell % UNITS;
        float z[4];
        if (b >= B || u >= nh)
            continue;
        for (int gate = 0; gate < 4; gate++) {
            z[gate] = inputs[((size_t)t * B + b) * 4 * nh + (size_t)gate * nh + u];
            for (int group = 0; group < GROUPS; group++)
                z[gate] += parts[(group * 4 + gate) * SEQUENCES * UNITS + cell];
        }
        const size_t at = (size_t)b * nh + u;
        const float c =
            sigmoid(z[1]) * (t == 0 ? c0[at] : cT[at]) + sigmoid(z[0]) * tanhf(z[2]);
        const float h = sigmoid(z[3]) * tanhf(c);
        cT[at] = c;
        y[(size_t)t * B * nh + at] = h;
        if (t == T - 1)
            hT[at] = h;
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, 1)
    step(int t, int T, int B, int nh, const float *inputs, const float *Whh, const float *h0,
         const float *c0, float *y, float *hT, float *cT)
{
    extern __shared__ float4 shared[];
    float *const stages = (float *)shared;
    const float *const h = t == 0 ? h0 : y + (size_t)(t - 1) * B * nh;
    const int tx = threadIdx.x % 8, ty = threadIdx.x / 8 % 8, group = threadIdx.x / 64;
    const int count = (nh + GROUPS * DEPTH - 1) / (GROUPS * DEPTH);
    float sum[8][4] = {};

    for (int s = 0; s < STAGES - 1; s++) {
        if (s < count)
            load_stage(stages + s * STAGE_FLOATS, h, Whh, B, nh, s * GROUPS * DEPTH);
        copies_end_group();
    }
    for (int s = 0; s < count; s++) {
        copies_wait<STAGES - 2>();
        __syncthreads();
        const int next = s + STAGES - 1;
        if (next < count)
            load_stage(stages + next % STAGES * STAGE_FLOATS, h, Whh, B, nh, next * GROUPS * DEPTH);
        copies_end_group();
        const float *const mine = stages + s % STAGES * STAGE_FLOATS + group * GROUP_FLOATS;
        multiply_stage<4, 8, UNITS>(sum, mine + ty * PITCH, mine + (SEQUENCES + tx) * PITCH);
    }
    __syncthreads(); /* stages become parts */
#pragma unroll
    for (int j = 0; j < 4; j++)
#pragma unroll
        for (int i = 0; i < 8; i++)
            stages[(group * 4 + j) * SEQUENCES * UNITS + (ty + 8 * i) * UNITS + tx] = sum[i][j];
    __syncthreads();
    finish(t, T, B, nh, inputs, stages, c0, y, hT, cT);
}
