/* A fast PCA, to learn from. To be compared with cuBLAS ssyrk for the covariance, cuSOLVER ssyevdx for
 * the largest eigenvalues, cuBLAS sgemm for the projection. Five ideas:
 *
 * 1. Nearly all of the work is the covariance, and only half of it is needed: tiles of 128 x 128 on and
 *    above the diagonal, 8 x 8 sums a thread. Centred while it is copied to shared memory, twice per
 *    element and tile, not once per product; so a mean of a thousand costs no digits.
 * 2. A few tiles do not fill a device: rows are cut into 22 parts, each summed by itself, added at the
 *    end in a fixed order. 10 tiles x 22 parts at d = 512 are one round of 132 multiprocessors with
 *    two blocks each, five in six of them at work.
 * 3. k eigenvectors need no complete decomposition: subspace iteration with p = 2 k + 16 vectors. The
 *    error falls by lambda_(p+1) / lambda_k a step; at the ranked size that is 0.97^33 = 0.37.
 * 4. Orthonormal by Cholesky of the Gram matrix, in double: its condition is the square of theirs. A
 *    shift of 1e-5 of the trace keeps it positive where the rank is less than p.
 * 5. The last p x p problem by Jacobi rotations, p / 2 disjoint ones at a time, in one block's shared
 *    memory. Where p is d (k large, or d small), that is all: the iteration falls away.
 *
 * V and Y are (p, d): rows are vectors. Never run on a device yet. */
#include "pca.cuh"

//@ scratch sums 4*d*((n+n/1056)/(n/1056+1))
//@ scratch part 65536*(((d+127)/128)*((d+127)/128+1)/2)*((n+n/352*16+15)/(n/352*16+16))
//@ scratch C 4*d*d
//@ scratch V 512*d
//@ scratch Y 512*d
//@ scratch small 262144
//@ scratch facts 1024
//@ launch column_sums<<<(n+n/1056)/(n/1056+1), 256>>>(n, d, n/1056+1, X, sums)
//@ launch means<<<(d+31)/32, 256>>>(n, d, (n+n/1056)/(n/1056+1), sums, mean)
//@ launch covariance<<<(((d+127)/128)*((d+127)/128+1)/2, (n+n/352*16+15)/(n/352*16+16)), 256>>>(n, d,
//@     n/352*16+16, X, mean, part)
//@ launch add_parts<<<((d+127)/128)*((d+127)/128+1)/2*64, 256>>>(n, d,
//@     (n+n/352*16+15)/(n/352*16+16), part, C)
//@ launch prepare<<<1, 256>>>(d, k, C, V, facts)
//@ repeat t 16
//@   launch multiply<<<((d+31)/32, 4), 256>>>(d, k, 1, C, V, facts, Y)
//@   launch gram<<<128, 256>>>(d, k, Y, small)
//@   launch cholesky<<<1, 256>>>(d, k, small)
//@   launch orthonormal<<<(d+127)/128, 128>>>(d, k, Y, small, V)
//@ end
//@ launch multiply<<<((d+31)/32, 4), 256>>>(d, k, 0, C, V, facts, Y)
//@ launch project_matrix<<<128, 256>>>(d, k, C, V, Y, small)
//@ launch jacobi<<<1, 1024, 66048>>>(d, k, small, var, facts)
//@ launch components<<<(k, (d+255)/256), 256>>>(d, k, V, small, facts, comp)
//@ launch project<<<(n+127)/128, 128>>>(n, d, k, X, mean, comp, proj)

enum {
    TILE = 128,
    DEPTH = 16,        /* rows of X in a stage */
    SUBSPACE_MAX = 128,
    PITCH = SUBSPACE_MAX + 1, /* of jacobi's matrix */
    SWEEPS_MAX = 15,
};

/* facts: what one kernel tells the next. */
struct facts {
    float trace;
    int order[SUBSPACE_MAX]; /* eigenvectors by their eigenvalue */
};

/* small: first doubles, then two matrices of floats. */
__device__ __forceinline__ float *matrix_of(double *small)
{
    return (float *)(small + SUBSPACE_MAX * SUBSPACE_MAX);
}

__device__ __forceinline__ float *vectors_of(double *small)
{
    return matrix_of(small) + SUBSPACE_MAX * SUBSPACE_MAX;
}

__device__ __forceinline__ int subspace(int d, int k)
{
    return min(d, min(2 * k + 16, (int)SUBSPACE_MAX));
}

/* The sum over a warp, in every lane. */
template <class T> __device__ __forceinline__ T warp_sum(T x)
{
    for (int by = 16; by > 0; by /= 2)
        x += __shfl_xor_sync(0xffffffff, x, by);
    return x;
}

extern "C" __global__ void __launch_bounds__(256)
    column_sums(int n, int d, int rows, const float *X, float *sums)
{
    const int first = blockIdx.x * rows, end = min(first + rows, n);

    for (int j = threadIdx.x; j < d; j += 256) {
        float sum = 0;
#pragma unroll 8
        for (int i = first; i < end; i++)
            sum += X[(size_t)i * d + j];
        sums[(size_t)blockIdx.x * d + j] = sum;
    }
}

/* 32 columns a block, eight threads each. */
extern "C" __global__ void __launch_bounds__(256)
    means(int n, int d, int parts, const float *sums, float *mean)
{
    __shared__ float shared[8][32];
    const int lane = threadIdx.x % 32, turn = threadIdx.x / 32, j = blockIdx.x * 32 + lane;
    float sum = 0;

    for (int i = turn; i < parts && j < d; i += 8)
        sum += sums[(size_t)i * d + j];
    shared[turn][lane] = sum;
    __syncthreads();
    if (turn != 0 || j >= d)
        return;
    for (int i = 1; i < 8; i++)
        sum += shared[i][lane];
    mean[j] = sum / (float)n;
}

/* Four neighbours of a row of d floats, zeros past its end or where there is no row. */
__device__ __forceinline__ float4 load_4(const float *row, bool there, int j, int d)
{
    if (!there || j >= d)
        return make_float4(0, 0, 0, 0);
    if (d % 4 == 0)
        return *(const float4 *)(row + j);
    return make_float4(row[j], j + 1 < d ? row[j + 1] : 0, j + 2 < d ? row[j + 2] : 0,
                       j + 3 < d ? row[j + 3] : 0);
}

__device__ __forceinline__ float4 minus_4(float4 a, float4 b, bool there)
{
    return there ? make_float4(a.x - b.x, a.y - b.y, a.z - b.z, a.w - b.w)
                 : make_float4(0, 0, 0, 0);
}

/* Tile number `at` on or above the diagonal, row by row. */
__device__ __forceinline__ void tile_of(int at, int across, int *out_row, int *out_column)
{
    int row = 0;

    for (; at >= across - row; row++)
        at -= across - row;
    *out_row = row;
    *out_column = row + at;
}

/* One part of one tile: sum of (x - mean)(x - mean)' over its rows. */
extern "C" __global__ void __launch_bounds__(256, 2)
    covariance(int n, int d, int rows, const float *X, const float *mean, float *part)
{
    __shared__ float4 left[2][DEPTH][TILE / 4], right[2][DEPTH][TILE / 4], centre[2][TILE / 4];
    const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
    const int u = threadIdx.x % 32, r = threadIdx.x / 32; /* what this thread copies: rows r, r + 8 */
    const int first = blockIdx.y * rows, end = min(first + rows, n);
    int tile_row, tile_column;
    float sum[8][8] = {};
    float4 a[2], b[2];

    tile_of(blockIdx.x, (d + TILE - 1) / TILE, &tile_row, &tile_column);
    const int j = tile_row * TILE + 4 * u, l = tile_column * TILE + 4 * u;
    if (r == 0) { /* in shared memory: registers are short here */
        centre[0][u] = load_4(mean, true, j, d);
        centre[1][u] = load_4(mean, true, l, d);
    }
    __syncthreads();

    for (int i = first - DEPTH, slot = 1; i < end; i += DEPTH, slot ^= 1) {
        const int next = i + DEPTH;
#pragma unroll
        for (int e = 0; e < 2; e++) { /* on their way while this stage is worked on */
            const int row = next + r + 8 * e;
            const float *const x = X + (size_t)min(row, n - 1) * d;
            a[e] = load_4(x, row < end, j, d);
            b[e] = load_4(x, row < end, l, d);
        }
        if (i >= first) {
#pragma unroll
            for (int q = 0; q < DEPTH; q++) {
                const float4 a0 = left[slot][q][ty], a1 = left[slot][q][16 + ty];
                const float4 b0 = right[slot][q][tx], b1 = right[slot][q][16 + tx];
                const float x[8] = {a0.x, a0.y, a0.z, a0.w, a1.x, a1.y, a1.z, a1.w};
                const float y[8] = {b0.x, b0.y, b0.z, b0.w, b1.x, b1.y, b1.z, b1.w};
#pragma unroll
                for (int s = 0; s < 8; s++)
#pragma unroll
                    for (int t = 0; t < 8; t++)
                        sum[s][t] = fmaf(x[s], y[t], sum[s][t]);
            }
        }
#pragma unroll
        for (int e = 0; e < 2; e++) {
            left[slot ^ 1][r + 8 * e][u] = minus_4(a[e], centre[0][u], next + r + 8 * e < end);
            right[slot ^ 1][r + 8 * e][u] = minus_4(b[e], centre[1][u], next + r + 8 * e < end);
        }
        __syncthreads();
    }
    float *const to = part + ((size_t)blockIdx.y * gridDim.x + blockIdx.x) * TILE * TILE;
#pragma unroll
    for (int s = 0; s < 8; s++)
#pragma unroll
        for (int t = 0; t < 8; t += 4)
            *(float4 *)(to + (s / 4 * 64 + 4 * ty + s % 4) * TILE + t * 16 + 4 * tx) =
                make_float4(sum[s][t], sum[s][t + 1], sum[s][t + 2], sum[s][t + 3]);
}

/* C, both halves, from the parts of its tiles. */
extern "C" __global__ void __launch_bounds__(256)
    add_parts(int n, int d, int parts, const float *part, float *C)
{
    const int tile = blockIdx.x / 64, cell = blockIdx.x % 64 * 256 + threadIdx.x;
    int tile_row, tile_column;
    float sum = 0;

    tile_of(tile, (d + TILE - 1) / TILE, &tile_row, &tile_column);
    const int j = tile_row * TILE + cell / TILE, l = tile_column * TILE + cell % TILE;
    if (j >= d || l >= d)
        return;
    for (int i = 0; i < parts; i++)
        sum += part[((size_t)i * (gridDim.x / 64) + tile) * TILE * TILE + cell];
    C[(size_t)j * d + l] = sum / (float)(n - 1);
    C[(size_t)l * d + j] = sum / (float)(n - 1); /* on the diagonal's tiles: the same bits */
}

/* The trace, and vectors to begin with: signs from a hash, which no eigenvector is orthogonal to. */
extern "C" __global__ void __launch_bounds__(256)
    prepare(int d, int k, const float *C, float *V, facts *facts)
{
    __shared__ float sums[8];
    const int p = subspace(d, k);
    float sum = 0;

    for (int j = threadIdx.x; j < d; j += 256)
        sum += C[(size_t)j * d + j];
    sum = warp_sum(sum);
    if (threadIdx.x % 32 == 0)
        sums[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int i = 1; i < 8; i++)
            sum += sums[i];
        facts->trace = sum;
    }
    for (int i = threadIdx.x; i < p * d && p < d; i += 256) {
        unsigned x = (unsigned)i * 2654435761U;
        x = (x ^ x >> 15) * 2246822519U;
        V[i] = (x ^ x >> 13) & 1 ? 1.0f : -1.0f;
    }
}

/* Y = V (C + shift), 32 x 32 outputs a block: C is symmetric, so both have rows along the sum. */
extern "C" __global__ void __launch_bounds__(256)
    multiply(int d, int k, int shifted, const float *C, const float *V, const facts *facts, float *Y)
{
    __shared__ float left[32][33], right[32][33];
    const int p = subspace(d, k), lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int row = blockIdx.y * 32, column = blockIdx.x * 32;
    float sum[4] = {};

    if (p == d || row >= p)
        return;
    for (int l = 0; l < d; l += 32) {
        for (int i = warp; i < 32; i += 8) {
            left[i][lane] = row + i < p && l + lane < d ? V[(size_t)(row + i) * d + l + lane] : 0;
            right[i][lane] =
                column + i < d && l + lane < d ? C[(size_t)(column + i) * d + l + lane] : 0;
        }
        __syncthreads();
        for (int c = 0; c < 32; c++)
            for (int i = 0; i < 4; i++)
                sum[i] = fmaf(left[warp + 8 * i][c], right[lane][c], sum[i]);
        __syncthreads();
    }
    for (int i = 0; i < 4; i++) {
        const int a = row + warp + 8 * i, j = column + lane;
        if (a < p && j < d)
            Y[(size_t)a * d + j] =
                sum[i] + (shifted ? 1e-5f * facts->trace * V[(size_t)a * d + j] : 0);
    }
}

/* Two rows' product, by a warp. */
__device__ __forceinline__ double row_product(const float *a, const float *b, int d)
{
    double sum = 0;

    for (int j = threadIdx.x % 32; j < d; j += 32)
        sum += (double)a[j] * b[j];
    return warp_sum(sum);
}

/* G = Y Y', p x p in double, an element at a time for each warp. */
extern "C" __global__ void __launch_bounds__(256) gram(int d, int k, const float *Y, double *small)
{
    const int p = subspace(d, k), warp = blockIdx.x * 8 + threadIdx.x / 32;

    for (int at = warp; at < p * p && p < d; at += gridDim.x * 8) {
        const int a = at / p, b = at % p;
        if (b > a)
            continue;
        const double sum = row_product(Y + (size_t)a * d, Y + (size_t)b * d, d);
        if (threadIdx.x % 32 == 0)
            small[a * SUBSPACE_MAX + b] = small[b * SUBSPACE_MAX + a] = sum;
    }
}

/* G = L L', in place: L below and on the diagonal, column by column. */
extern "C" __global__ void __launch_bounds__(256) cholesky(int d, int k, double *small)
{
    const int p = subspace(d, k);

    for (int c = 0; c < p && p < d; c++) {
        const double pivot = sqrt(small[c * SUBSPACE_MAX + c]);
        __syncthreads(); /* all have it */
        for (int i = c + threadIdx.x; i < p; i += 256)
            small[i * SUBSPACE_MAX + c] /= pivot;
        __syncthreads();
        const int left = p - c - 1;
        for (int at = threadIdx.x; at < left * left; at += 256) {
            const int i = c + 1 + at / left, j = c + 1 + at % left;
            if (j <= i)
                small[i * SUBSPACE_MAX + j] -=
                    small[i * SUBSPACE_MAX + c] * small[j * SUBSPACE_MAX + c];
        }
        __syncthreads();
    }
}

/* L V = Y, one thread a column of V. */
extern "C" __global__ void __launch_bounds__(128)
    orthonormal(int d, int k, const float *Y, const double *small, float *V)
{
    const int p = subspace(d, k), j = blockIdx.x * 128 + threadIdx.x;

    for (int a = 0; a < p && p < d && j < d; a++) {
        double x = Y[(size_t)a * d + j];
        for (int i = 0; i < a; i++)
            x -= small[a * SUBSPACE_MAX + i] * V[(size_t)i * d + j];
        V[(size_t)a * d + j] = (float)(x / small[a * SUBSPACE_MAX + a]);
    }
}

/* What is left to decompose: V C V', or C itself. Y = V C. */
extern "C" __global__ void __launch_bounds__(256)
    project_matrix(int d, int k, const float *C, const float *V, const float *Y, double *small)
{
    const int p = subspace(d, k), warp = blockIdx.x * 8 + threadIdx.x / 32;
    float *const B = matrix_of(small);

    for (int at = warp; at < p * p; at += gridDim.x * 8) {
        const int a = at / p, b = at % p;
        if (b > a)
            continue;
        const float sum = p == d ? C[(size_t)a * d + b]
                                 : (float)row_product(V + (size_t)a * d, Y + (size_t)b * d, d);
        if (threadIdx.x % 32 == 0)
            B[a * SUBSPACE_MAX + b] = B[b * SUBSPACE_MAX + a] = sum;
    }
}

/* Round r of a tournament of m (even): its pair number i. In m - 1 rounds each meets each once. */
__device__ __forceinline__ int2 pair_of(int r, int i, int m)
{
    if (i == 0)
        return make_int2(r, m - 1);
    return make_int2((r + i) % (m - 1), (r - i + m - 1) % (m - 1));
}

/* The rotation that makes element (p, q) zero: cosine and sine. Source: Golub and Van Loan, Matrix
 * Computations, section 8.5. */
__device__ __forceinline__ float2 rotation_of(float pp, float qq, float pq, float tiny)
{
    if (fabsf(pq) <= tiny)
        return make_float2(1, 0);
    const float tau = (qq - pp) / (2 * pq);
    const float t = (tau < 0 ? -1.0f : 1.0f) / (fabsf(tau) + sqrtf(1 + tau * tau));
    const float c = 1 / sqrtf(1 + t * t);
    return make_float2(c, t * c);
}

/* One round: all pairs of lines meet; the 2 x 2 elements where pair a crosses pair b belong to one thread,
 * so that both rotations are made at once. */
__device__ __forceinline__ void rotate(float *B, float *Q, const float2 *turns, int r, int m, int p)
{
    const int pairs = m / 2;

    for (int at = threadIdx.x; at < pairs * pairs; at += 1024) {
        const int a = at / pairs, b = at % pairs;
        const int2 row = pair_of(r, a, m), column = pair_of(r, b, m);
        const float2 ra = turns[a], rb = turns[b];
        float *const pu = B + row.x * PITCH + column.x, *const pv = B + row.x * PITCH + column.y;
        float *const qu = B + row.y * PITCH + column.x, *const qv = B + row.y * PITCH + column.y;
        const float xpu = ra.x * *pu - ra.y * *qu, xqu = ra.y * *pu + ra.x * *qu;
        const float xpv = ra.x * *pv - ra.y * *qv, xqv = ra.y * *pv + ra.x * *qv;
        const bool zero = a == b && ra.y != 0;
        *pu = rb.x * xpu - rb.y * xpv;
        *pv = zero ? 0 : rb.y * xpu + rb.x * xpv;
        *qu = zero ? 0 : rb.x * xqu - rb.y * xqv;
        *qv = rb.y * xqu + rb.x * xqv;
    }
    for (int at = threadIdx.x; at < pairs * p; at += 1024) {
        const int2 row = pair_of(r, at / p, m);
        const float2 turn = turns[at / p];
        if (row.y >= p || turn.y == 0)
            continue;
        float *const x = Q + row.x * SUBSPACE_MAX + at % p, *const y = Q + row.y * SUBSPACE_MAX + at % p;
        const float was = *x;
        *x = turn.x * was - turn.y * *y;
        *y = turn.y * was + turn.x * *y;
    }
}

/* All eigenvalues of the p x p matrix, its eigenvectors as rows of Q; an odd p gets a line of zeros. */
extern "C" __global__ void __launch_bounds__(1024)
    jacobi(int d, int k, double *small, float *var, facts *facts)
{
    extern __shared__ float B[];
    __shared__ float2 turns[SUBSPACE_MAX / 2];
    __shared__ int busy;
    const int p = subspace(d, k), m = max(2, (p + 1) / 2 * 2);
    float *const Q = vectors_of(small);
    float most = 0;

    for (int at = threadIdx.x; at < m * m; at += 1024) {
        const int i = at / m, j = at % m;
        B[i * PITCH + j] = i < p && j < p ? matrix_of(small)[i * SUBSPACE_MAX + j] : 0;
        if (i < p && j < p)
            Q[i * SUBSPACE_MAX + j] = i == j;
    }
    __syncthreads();
    for (int i = 0; i < p; i++)
        most = fmaxf(most, B[i * PITCH + i]);
    const float tiny = 6e-9f * most;

    for (int sweep = 0; sweep < SWEEPS_MAX; sweep++) {
        __syncthreads(); /* all have read `busy` of the sweep before, and the diagonal */
        if (threadIdx.x == 0)
            busy = 0;
        for (int r = 0; r < m - 1; r++) {
            __syncthreads();
            if (threadIdx.x < m / 2) {
                const int2 at = pair_of(r, threadIdx.x, m);
                turns[threadIdx.x] = rotation_of(B[at.x * PITCH + at.x], B[at.y * PITCH + at.y],
                                                 B[at.x * PITCH + at.y], tiny);
                if (turns[threadIdx.x].y != 0)
                    busy = 1;
            }
            __syncthreads();
            rotate(B, Q, turns, r, m, p);
        }
        __syncthreads();
        if (!busy)
            break;
    }
    if (threadIdx.x >= p)
        return;
    const float mine = B[threadIdx.x * PITCH + threadIdx.x];
    int rank = 0;
    for (int i = 0; i < p; i++) {
        const float other = B[i * PITCH + i];
        rank += other > mine || (other == mine && i < threadIdx.x);
    }
    facts->order[rank] = threadIdx.x;
    if (rank < k)
        var[rank] = fmaxf(mine, 0);
}

/* comp = rows of Q in order, times V. */
extern "C" __global__ void __launch_bounds__(256)
    components(int d, int k, const float *V, double *small, const facts *facts, float *comp)
{
    const int p = subspace(d, k), c = blockIdx.x, j = blockIdx.y * 256 + threadIdx.x;
    const float *const q = vectors_of(small) + facts->order[c] * SUBSPACE_MAX;
    double sum = 0;

    if (j >= d)
        return;
    for (int i = 0; i < p && p < d; i++)
        sum += (double)q[i] * V[(size_t)i * d + j];
    comp[(size_t)c * d + j] = p == d ? q[j] : (float)sum;
}

enum { SLICE = 32, SLICE_PITCH = SLICE + 4, COMPONENTS = 16 };

/* proj = (X - mean) comp', 16 components at a time: two rows and eight components a thread. X is read
 * once, which is what takes the time. */
extern "C" __global__ void __launch_bounds__(128)
    project(int n, int d, int k, const float *X, const float *mean, const float *comp, float *proj)
{
    __shared__ float4 rows[128][SLICE_PITCH / 4], vectors[COMPONENTS][SLICE_PITCH / 4];
    const int first = blockIdx.x * 128, u = threadIdx.x % 8;
    const int row = threadIdx.x % 64, half = threadIdx.x / 64 * 8;

    for (int base = 0; base < k; base += COMPONENTS) {
        float sum[2][8] = {};
        for (int j = 0; j < d; j += SLICE) {
            float4 x[8];
            const float4 centre = load_4(mean, true, j + 4 * u, d);
            const int c = base + threadIdx.x / 8;
            const float4 v = load_4(comp + (size_t)min(c, k - 1) * d, c < k, j + 4 * u, d);
#pragma unroll
            for (int i = 0; i < 8; i++) {
                const int at = first + threadIdx.x / 8 + 16 * i;
                x[i] = load_4(X + (size_t)min(at, n - 1) * d, at < n, j + 4 * u, d);
            }
            __syncthreads(); /* all are through with the slice before */
#pragma unroll
            for (int i = 0; i < 8; i++)
                rows[threadIdx.x / 8 + 16 * i][u] = minus_4(x[i], centre, true);
            vectors[threadIdx.x / 8][u] = v;
            __syncthreads();
#pragma unroll
            for (int q = 0; q < SLICE / 4; q++) {
                const float4 a[2] = {rows[row][q], rows[row + 64][q]};
#pragma unroll
                for (int e = 0; e < 8; e++) {
                    const float4 b = vectors[half + e][q];
#pragma unroll
                    for (int i = 0; i < 2; i++)
                        sum[i][e] = fmaf(a[i].w, b.w, fmaf(a[i].z, b.z, fmaf(a[i].y, b.y,
                                         fmaf(a[i].x, b.x, sum[i][e]))));
                }
            }
        }
#pragma unroll
        for (int i = 0; i < 2; i++)
#pragma unroll
            for (int e = 0; e < 8; e++)
                if (first + row + 64 * i < n && base + half + e < k)
                    proj[(size_t)(first + row + 64 * i) * k + base + half + e] = sum[i][e];
    }
}
