/* A fast quantized product, to learn from. To be compared with cuBLASLt's int8 product
 * (CUBLAS_COMPUTE_32I) plus an epilogue. Sums of int8 products are exact in int32, so the tensor
 * cores may be used here. Five ideas:
 *
 * 1. Zero points leave the inner loop: sum (A - za)(W - zw) = sum A W - zw sum A - za sum W + K za
 * zw. The sums of rows take one pass over the operands, 5 % of the time.
 * 2. 128 x 256 outputs a block, 64 x 64 a warp: each byte that a warp fetches from shared memory
 * serves 64 products, which is what keeps the tensor cores fed.
 * 3. Four stages of 64 bytes of K are on their way from memory at any time (cp.async), with one
 * barrier a stage: what is overwritten was used by all before that barrier.
 * 4. Rows of a stage are 64 bytes; their 16-byte units are permuted by the row, so that the eight
 * rows that ldmatrix takes at a time lie in different banks.
 * 5. Blocks go through the output in bands of 16 tiles, so that what runs at one time shares rows
 * of A and W in the second-level cache.
 *
 * Tails cost nothing inside: rows past the end and bytes past K are filled with zero by the copies.
 * Rows must start at multiples of 16 bytes for that; where K is none, `pack` copies them so first.
 *
 * mma.sync is the way on every architecture since sm_80. Hopper's own wgmma needs the target
 * sm_90a, and is said to reach a third more. Without __CUDA_ARCH__ (on a host) the same tiles are
 * multiplied in plain C. Never run on a device yet. */
#include "quantized_matmul.cuh"

//@ scratch sums 4*(M+N)
//@ scratch packed 16+(M+N)*((K+15)/16*16)*((K-K/16*16+15)/16)
//@ launch pack<<<(M+N+7)/8, 256>>>(M, N, K, A, W, sums, packed)
//@ launch product<<<(M+127)/128*((N+255)/256), 256, 98304>>>(M, N, K, A, W, sums, packed, a_zero,
//@     w_zero, a_scale, w_scale, bias, c_scale, c_zero, acc, C)

enum {
    ROWS = 128,
    COLUMNS = 256,
    DEPTH = 64, /* bytes of K in a stage */
    STAGES = 4,
    STAGE_BYTES = (ROWS + COLUMNS) * DEPTH,
    THREADS = 256,
    BAND = 16, /* tiles of rows that are worked on together */
};

/* 16 bytes from global to shared memory, or zeros. */
__device__ __forceinline__ void copy_16(void *to, const void *from, bool there)
{
#ifdef __CUDA_ARCH__
    const unsigned at = (unsigned)__cvta_generic_to_shared(to);
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(from),
                 "r"(there ? 16 : 0)
                 : "memory");
#else
    *(int4 *)to = there ? *(const int4 *)from : make_int4(0, 0, 0, 0);
#endif
}

__device__ __forceinline__ void copies_end_group()
{
#ifdef __CUDA_ARCH__
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/* Until all groups but the last STAGES - 2 are there. */
__device__ __forceinline__ void copies_wait()
{
#ifdef __CUDA_ARCH__
    asm volatile("cp.async.wait_group %0;" ::"n"(STAGES - 2) : "memory");
#endif
}

/* Where unit u (16 bytes) of a row lies in a stage. */
__device__ __forceinline__ int place(int row, int u)
{
    return row * DEPTH + 16 * (u ^ (row >> 1 & 3));
}

/* One warp a row of A or W: its sum; and its copy at a pitch of whole units, where K is none. */
extern "C" __global__ void __launch_bounds__(256)
    pack(int M, int N, int K, const int8_t *A, const int8_t *W, int *sums, int8_t *packed)
{
    const int row = blockIdx.x * 8 + threadIdx.x / 32, lane = threadIdx.x % 32;
    const int pitch = (K + 15) / 16 * 16;
    int sum = 0;

    if (row >= M + N)
        return;
    const int8_t *from = row < M ? A + (size_t)row * K : W + (size_t)(row - M) * K;
    if (pitch == K)
        for (int k = lane * 16; k < K; k += 32 * 16) {
            const int4 x = *(const int4 *)(from + k);
            sum = __dp4a(x.x, 0x01010101, __dp4a(x.y, 0x01010101, sum));
            sum = __dp4a(x.z, 0x01010101, __dp4a(x.w, 0x01010101, sum));
        }
    else
        for (int k = lane; k < pitch; k += 32) {
            const int8_t x = k < K ? from[k] : 0;
            packed[(size_t)row * pitch + k] = x;
            sum += x;
        }
    for (int by = 16; by > 0; by /= 2)
        sum += __shfl_xor_sync(0xffffffff, sum, by);
    if (lane == 0)
        sums[row] = sum;
}

/* Where the rows of a block's tiles come from. */
struct source {
    const int8_t *A, *W;
    int M, N, pitch, row, column; /* row, column: of the tile's corner */
};

/* Stage `at` of K into its place: six units a thread. */
__device__ __forceinline__ void load(const source &from, int at, int8_t *stages)
{
    int8_t *const stage = stages + at % STAGES * STAGE_BYTES;
    const int u = threadIdx.x % 4, byte = at * DEPTH + u * 16;

#pragma unroll
    for (int i = 0; i < ROWS * 4 / THREADS; i++) {
        const int r = threadIdx.x / 4 + i * (THREADS / 4), m = from.row + r;
        const bool there = m < from.M && byte < from.pitch;
        copy_16(stage + place(r, u), from.A + (there ? (size_t)m * from.pitch + byte : 0), there);
    }
#pragma unroll
    for (int i = 0; i < COLUMNS * 4 / THREADS; i++) {
        const int r = threadIdx.x / 4 + i * (THREADS / 4), n = from.column + r;
        const bool there = n < from.N && byte < from.pitch;
        copy_16(stage + ROWS * DEPTH + place(r, u),
                from.W + (there ? (size_t)n * from.pitch + byte : 0), there);
    }
}

#ifdef __CUDA_ARCH__
__device__ __forceinline__ void load_matrices(int to[4], const int8_t *from)
{
    const unsigned at = (unsigned)__cvta_generic_to_shared(from);
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(at));
}

__device__ __forceinline__ void multiply_16_8_32(int sum[4], const int a[4], const int b[2])
{
    asm volatile("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
                 "{%8,%9}, {%0,%1,%2,%3};"
                 : "+r"(sum[0]), "+r"(sum[1]), "+r"(sum[2]), "+r"(sum[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/* A warp's 64 x 64 of one stage. ldmatrix hands each lane the bytes that mma wants of it: of A four
 * 8 x 16-byte matrices make 16 x 32, of W two times two make 16 columns. */
__device__ __forceinline__ void multiply(int sum[4][8][4], const int8_t *stage, int row, int column)
{
    const int lane = threadIdx.x % 32;
    const int8_t *const W = stage + ROWS * DEPTH;

#pragma unroll
    for (int k = 0; k < DEPTH / 32; k++) {
        int a[4][4], b[4][4];
#pragma unroll
        for (int i = 0; i < 4; i++)
            load_matrices(a[i], stage + place(row + i * 16 + lane % 16, 2 * k + lane / 16));
#pragma unroll
        for (int j = 0; j < 4; j++)
            load_matrices(
                b[j], W + place(column + j * 16 + lane / 16 * 8 + lane % 8, 2 * k + lane / 8 % 2));
#pragma unroll
        for (int i = 0; i < 4; i++)
#pragma unroll
            for (int j = 0; j < 8; j++)
                multiply_16_8_32(sum[i][j], a[i], b[j / 2] + j % 2 * 2);
    }
}
#else
/* The same outputs of the same lanes, from the same places. */
static void multiply(int sum[4][8][4], const int8_t *stage, int row, int column)
{
    const int lane = threadIdx.x % 32;
    const int8_t *const W = stage + ROWS * DEPTH;

    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 8; j++)
            for (int e = 0; e < 4; e++) {
                const int m = row + i * 16 + lane / 4 + e / 2 * 8;
                const int n = column + j * 8 + lane % 4 * 2 + e % 2;
                for (int u = 0; u < DEPTH / 16; u++)
                    for (int k = 0; k < 16; k++)
                        sum[i][j][e] += stage[place(m, u) + k] * W[place(n, u) + k];
            }
}
#endif

/* What the epilogue knows of a row or a column. */
struct line {
    int at, sum, zero; /* index, sum of its bytes, zero point */
    float scale;
};

/* C of one acc: in float, as the contract's guard of 8 u allows (five roundings). */
__device__ __forceinline__ int8_t quantize(int acc, float row_scale, float column_scale,
                                           float inverse, int c_zero)
{
    const float y = (float)acc * row_scale * column_scale * inverse;
    const float rounded = rintf(fminf(fmaxf(y, -512.0f), 512.0f)) + (float)c_zero;
    return (int8_t)fminf(fmaxf(rounded, -128.0f), 127.0f);
}

/* Two neighbours, in one piece where rows are of even length. */
__device__ __forceinline__ void store_pair(int *acc, int8_t *C, size_t at, const int value[2],
                                           const int8_t small[2], bool both, bool even)
{
    if (even) {
        *(int2 *)(acc + at) = make_int2(value[0], value[1]);
        *(char2 *)(C + at) = make_char2(small[0], small[1]);
        return;
    }
    acc[at] = value[0];
    C[at] = small[0];
    if (both) {
        acc[at + 1] = value[1];
        C[at + 1] = small[1];
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, 1)
    product(int M, int N, int K, const int8_t *A, const int8_t *W, const int *sums,
            const int8_t *packed, int a_zero, const int *w_zero, const float *a_scale,
            const float *w_scale, const int *bias, float c_scale, int c_zero, int *acc, int8_t *C)
{
    extern __shared__ int4 shared[];
    int8_t *const stages = (int8_t *)shared;
    const int pitch = (K + 15) / 16 * 16, count = (pitch + DEPTH - 1) / DEPTH;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    int sum[4][8][4] = {};

    /* Bands of BAND tiles of rows, column by column. */
    const int down = (M + ROWS - 1) / ROWS, across = (N + COLUMNS - 1) / COLUMNS;
    const int band = blockIdx.x / (BAND * across), height = min(BAND, down - band * BAND);
    const int in_band = blockIdx.x - band * BAND * across;
    const source from = {pitch == K ? A : packed,
                         pitch == K ? W : packed + (size_t)M * pitch,
                         M,
                         N,
                         pitch,
                         (band * BAND + in_band % height) * ROWS,
                         in_band / height * COLUMNS};
    const int row = warp / 4 * 64, column = warp % 4 * 64;

    for (int s = 0; s < STAGES - 1; s++) {
        if (s < count)
            load(from, s, stages);
        copies_end_group(); /* an empty one is a group too: the count is what is waited for */
    }
    for (int s = 0; s < count; s++) {
        copies_wait();
        __syncthreads();
        if (s + STAGES - 1 < count)
            load(from, s + STAGES - 1, stages);
        copies_end_group();
        multiply(sum, stages + s % STAGES * STAGE_BYTES, row, column);
    }

    line rows[8];
    const float inverse = 1 / c_scale;
#pragma unroll
    for (int i = 0; i < 8; i++) {
        const int m = from.row + row + i / 2 * 16 + i % 2 * 8 + lane / 4;
        rows[i] = {m, m < M ? sums[m] : 0, 0, m < M ? a_scale[m] : 0};
    }
#pragma unroll
    for (int j = 0; j < 8; j++) {
        line w[2];
        unsigned fixed[2];
#pragma unroll
        for (int e = 0; e < 2; e++) {
            const int n = from.column + column + j * 8 + lane % 4 * 2 + e, known = n < N ? n : 0;
            w[e] = {n, sums[M + known], w_zero[known], w_scale[known]};
            /* Unsigned: what is between may pass 2^31, the result does not. */
            fixed[e] = (unsigned)bias[known] +
                       (unsigned)a_zero * ((unsigned)K * w[e].zero - (unsigned)w[e].sum);
        }
#pragma unroll
        for (int i = 0; i < 8; i++) {
            if (rows[i].at >= M || w[0].at >= N)
                continue;
            int value[2];
            int8_t small[2];
#pragma unroll
            for (int e = 0; e < 2; e++) {
                value[e] = (int)((unsigned)sum[i / 2][j][i % 2 * 2 + e] + fixed[e] -
                                 (unsigned)w[e].zero * (unsigned)rows[i].sum);
                small[e] = quantize(value[e], rows[i].scale, w[e].scale, inverse, c_zero);
            }
            store_pair(acc, C, (size_t)rows[i].at * N + w[0].at, value, small, w[1].at < N,
                       N % 2 == 0);
        }
    }
}
