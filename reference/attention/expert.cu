/* A fast attention in fp32, to learn from: FlashAttention's order of work (Dao et al. 2022) with the
 * arithmetic of a matrix product on CUDA cores. To be compared with a published fused attention in
 * fp32 (the memory-efficient kernel of CUTLASS, example 41, which PyTorch ships), since cuDNN's fused
 * one and the tensor cores take no fp32; and with two cuBLAS sgemm and a softmax between. Five ideas:
 *
 * 1. Scores never leave the multiprocessor. A block owns 64 queries of one head and walks over the keys
 *    in tiles of 64: scores, softmax so far, weights times values, next tile.
 * 2. Softmax online: with a new maximum, what was summed is scaled by exp(old - new). One exp a score.
 *    To base 2, with log2(e) in the scale of q: one multiplication less.
 * 3. 8 x 4 scores and 8 x 8 outputs a thread, in registers: four floats of a row at a time, 12 loads of
 *    16 bytes serve 128 multiplications, so that arithmetic is the limit and not shared memory.
 * 4. k and v come in chunks (64 keys x 32 channels, 16 keys x all channels) by cp.async, the next on its
 *    way while this one is worked on. Rows in shared memory are padded by one unit of 16 bytes: eight
 *    neighbouring rows then lie in eight different groups of banks.
 * 5. Causal: tiles that nobody sees are never loaded, and blocks with the most keys start first.
 *
 * A row of scores belongs to 16 lanes of one warp, which also multiply its weights with the values: for
 * weights in shared memory a warp's barrier is enough. Channels past D and keys past the end are zeros.
 * Without __CUDA_ARCH__ (on a host) copies are plain ones. Never run on a device yet. */
#include "attention.cuh"

//@ launch attention<<<((Tq+63)/64, H, B), 128, 69632>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)

enum {
    QUERIES = 64,
    KEYS = 64,
    CHANNELS = 128, /* at most */
    THREADS = 128,  /* 8 x 16: ty owns rows ty + 8 i, tx owns keys tx + 16 j */
    Q_PITCH = CHANNELS + 4,
    P_PITCH = KEYS + 4,
    K_DEPTH = 32, /* channels of a chunk of k */
    K_PITCH = K_DEPTH + 4,
    V_KEYS = 16, /* keys of a chunk of v */
    V_PITCH = CHANNELS,
    V_CHUNKS = KEYS / V_KEYS,
    CHUNK = KEYS * K_PITCH, /* floats; of v a little less */
};

static_assert(V_KEYS * V_PITCH <= CHUNK, "both fit");
static_assert(4 * (QUERIES * (Q_PITCH + P_PITCH) + 2 * CHUNK) == 69632, "as the launch line says");

/* What a block works on. */
struct head {
    const float *q, *k, *v; /* of this head */
    int Tq, D, first;       /* first: query */
    int end, cached;        /* keys from `end` on nobody sees; row i sees i + cached, causal */
    int chunks;             /* of k, for one tile */
};

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

/* Until all groups but the last are there. */
__device__ __forceinline__ void copies_wait()
{
#ifdef __CUDA_ARCH__
    asm volatile("cp.async.wait_group 1;" ::: "memory");
#endif
}

/* Chunk c of the tile of keys from `tile` on: first those of k, then those of v. */
__device__ __forceinline__ void load(const head &head, int tile, int c, float *to)
{
    if (c < head.chunks) {
        const int u = threadIdx.x % 8 * 4;
#pragma unroll
        for (int i = 0; i < KEYS / 16; i++) {
            const int r = threadIdx.x / 8 + 16 * i, j = tile + r;
            const bool there = j < head.end;
            copy_4(to + r * K_PITCH + u, head.k + (there ? (size_t)j * head.D : 0), there,
                   c * K_DEPTH + u, head.D);
        }
        return;
    }
    const int u = threadIdx.x % 32 * 4;
#pragma unroll
    for (int i = 0; i < V_KEYS / 4; i++) {
        const int r = threadIdx.x / 32 + 4 * i, j = tile + (c - head.chunks) * V_KEYS + r;
        const bool there = j < head.end;
        copy_4(to + r * V_PITCH + u, head.v + (there ? (size_t)j * head.D : 0), there, u, head.D);
    }
}

__device__ __forceinline__ float dot_4(float4 a, float4 b, float sum)
{
    return fmaf(a.w, b.w, fmaf(a.z, b.z, fmaf(a.y, b.y, fmaf(a.x, b.x, sum))));
}

/* The part of the scores that a chunk of k gives. */
__device__ __forceinline__ void score(float s[8][4], const float *q, const float *k, int ty, int tx)
{
#pragma unroll 1 /* more would hoist loads until registers run out */
    for (int c = 0; c < K_DEPTH; c += 4) {
        float4 a[8];
#pragma unroll
        for (int i = 0; i < 8; i++)
            a[i] = *(const float4 *)(q + (ty + 8 * i) * Q_PITCH + c);
#pragma unroll
        for (int j = 0; j < 4; j++) {
            const float4 b = *(const float4 *)(k + (tx + 16 * j) * K_PITCH + c);
#pragma unroll
            for (int i = 0; i < 8; i++)
                s[i][j] = dot_4(a[i], b, s[i][j]);
        }
    }
}

/* out[i] += p of four keys times v of those keys, channels 4 tx.. and 64 + 4 tx.. */
__device__ __forceinline__ void weigh(float out[8][8], const float *p, const float *v, int ty, int tx)
{
#pragma unroll 1 /* more would hoist loads until registers run out */
    for (int j = 0; j < V_KEYS; j += 4) {
        float4 a[8];
#pragma unroll
        for (int i = 0; i < 8; i++)
            a[i] = *(const float4 *)(p + (ty + 8 * i) * P_PITCH + j);
#pragma unroll
        for (int e = 0; e < 4; e++) {
            const float4 b0 = *(const float4 *)(v + (j + e) * V_PITCH + 4 * tx);
            const float4 b1 = *(const float4 *)(v + (j + e) * V_PITCH + 64 + 4 * tx);
#pragma unroll
            for (int i = 0; i < 8; i++) {
                const float w = e == 0 ? a[i].x : e == 1 ? a[i].y : e == 2 ? a[i].z : a[i].w;
                out[i][0] = fmaf(w, b0.x, out[i][0]);
                out[i][1] = fmaf(w, b0.y, out[i][1]);
                out[i][2] = fmaf(w, b0.z, out[i][2]);
                out[i][3] = fmaf(w, b0.w, out[i][3]);
                out[i][4] = fmaf(w, b1.x, out[i][4]);
                out[i][5] = fmaf(w, b1.y, out[i][5]);
                out[i][6] = fmaf(w, b1.z, out[i][6]);
                out[i][7] = fmaf(w, b1.w, out[i][7]);
            }
        }
    }
}

/* Scores of a tile into weights, in shared memory; what was summed before is scaled to the maximum of
 * now. A row without a visible key so far has the maximum -inf, from which nothing is subtracted. */
__device__ __forceinline__ void soften(float s[8][4], float most[8], float total[8], float out[8][8],
                                       float *p, int ty, int tx, const int seen[8])
{
#pragma unroll
    for (int i = 0; i < 8; i++) {
        float now = most[i];
#pragma unroll
        for (int j = 0; j < 4; j++) {
            s[i][j] = tx + 16 * j < seen[i] ? s[i][j] : -INFINITY;
            now = fmaxf(now, s[i][j]);
        }
#pragma unroll
        for (int by = 8; by > 0; by /= 2)
            now = fmaxf(now, __shfl_xor_sync(0xffffffff, now, by));
        const float base = now == -INFINITY ? 0 : now;
        const float scale = exp2f(most[i] - base); /* 0 for the first */
        float sum = 0;
#pragma unroll
        for (int j = 0; j < 4; j++) {
            const float w = exp2f(s[i][j] - base);
            p[(ty + 8 * i) * P_PITCH + tx + 16 * j] = w;
            sum += w;
        }
        most[i] = now;
        total[i] = fmaf(total[i], scale, sum); /* of this lane's keys; lanes are added at the end */
#pragma unroll
        for (int c = 0; c < 8; c++)
            out[i][c] *= scale;
    }
    __syncwarp();
}

/* Scaled queries into shared memory: q log2(e) / sqrt(D). */
__device__ __forceinline__ void load_queries(const head &head, float *to)
{
    const float scale = 1.4426950408889634f / sqrtf((float)head.D);

    for (int at = threadIdx.x; at < QUERIES * CHANNELS; at += THREADS) {
        const int r = at / CHANNELS, c = at % CHANNELS, i = head.first + r;
        const bool there = i < head.Tq && c < head.D;
        to[r * Q_PITCH + c] = there ? head.q[(size_t)i * head.D + c] * scale : 0;
    }
}

__device__ __forceinline__ void store(const head &head, const float out[8][8], const float total[8],
                                      float *o, int ty, int tx)
{
#pragma unroll
    for (int i = 0; i < 8; i++) {
        const int row = head.first + ty + 8 * i;
        float sum = total[i];
#pragma unroll
        for (int by = 8; by > 0; by /= 2)
            sum += __shfl_xor_sync(0xffffffff, sum, by);
        const float inverse = sum > 0 ? 1 / sum : 0; /* no visible key: exactly zero */
#pragma unroll
        for (int c = 0; c < 8; c += 4) {
            const int channel = c / 4 * 64 + 4 * tx;
            float *const to = o + (size_t)row * head.D + channel;
            if (row < head.Tq && head.D % 4 == 0 && channel < head.D)
                *(float4 *)to = make_float4(out[i][c] * inverse, out[i][c + 1] * inverse,
                                            out[i][c + 2] * inverse, out[i][c + 3] * inverse);
            for (int e = 0; e < 4 && row < head.Tq && head.D % 4 != 0; e++)
                if (channel + e < head.D)
                    to[e] = out[i][c + e] * inverse;
        }
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, 2)
    attention(int H, int Tq, int Tk, int D, const float *q, const float *k, const float *v,
              const int *kvlen, int causal, float *o)
{
    extern __shared__ float4 shared[];
    float *const queries = (float *)shared, *const weights = queries + QUERIES * Q_PITCH;
    float *const chunks = weights + QUERIES * P_PITCH;
    const size_t at = (size_t)blockIdx.z * H + blockIdx.y;
    const int tx = threadIdx.x % 16, ty = threadIdx.x / 16, keys = kvlen[blockIdx.z];
    head head = {q + at * Tq * D, k + at * Tk * D, v + at * Tk * D, Tq, D};
    float s[8][4], out[8][8] = {}, most[8], total[8] = {};

    head.first = (gridDim.x - 1 - blockIdx.x) * QUERIES; /* those with the most keys first */
    head.cached = causal ? keys - Tq : keys;
    head.end = causal ? max(0, min(keys, head.first + QUERIES + head.cached)) : keys;
    head.chunks = (D + K_DEPTH - 1) / K_DEPTH;
    for (int i = 0; i < 8; i++)
        most[i] = -INFINITY;
    load_queries(head, queries);

    int slot = 0;
    load(head, 0, 0, chunks);
    copies_end_group();
    for (int tile = 0; tile < head.end; tile += KEYS) {
        const int last = head.chunks + (min(KEYS, head.end - tile) + V_KEYS - 1) / V_KEYS - 1;
        int seen[8]; /* keys of this tile that a row sees */
        for (int i = 0; i < 8; i++) {
            const int row = head.first + ty + 8 * i;
            seen[i] = (causal ? min(keys, row + head.cached + 1) : keys) - tile;
            for (int j = 0; j < 4; j++)
                s[i][j] = 0;
        }
        for (int c = 0; c <= last; c++, slot ^= 1) {
            /* Past the end nothing is read: all of that is zeros. */
            if (c < last)
                load(head, tile, c + 1, chunks + (slot ^ 1) * CHUNK);
            else
                load(head, tile + KEYS, 0, chunks + (slot ^ 1) * CHUNK);
            copies_end_group();
            copies_wait();
            __syncthreads();
            if (c < head.chunks)
                score(s, queries + c * K_DEPTH, chunks + slot * CHUNK, ty, tx);
            else
                weigh(out, weights + (c - head.chunks) * V_KEYS, chunks + slot * CHUNK, ty, tx);
            if (c == head.chunks - 1)
                soften(s, most, total, out, weights, ty, tx, seen);
            __syncthreads(); /* before the next copies overwrite this chunk */
        }
    }
    store(head, out, total, o + at * Tq * D, ty, tx);
}
