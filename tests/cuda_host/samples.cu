/* Small kernels for the test of the host's runtime itself: what runs, and what must be told of. */
//@ launch lanes<<<1, 64>>>(out)
//@ launch reversed<<<3, 100, 400>>>(n, out)
//@ launch spoiled<<<2, 32, 128>>>(out)
//@ launch waits_for_ever<<<1, 64>>>(out)
//@ launch two_barriers<<<1, 64>>>(out)
//@ launch some_leave<<<1, 64>>>(out)
//@ launch past_the_end<<<1, 1, 64>>>(out)
//@ launch traps<<<1, 32>>>(out)
//@ launch typed<<<1, 1>>>(a, b, c, out)

/* Sum, ballot and broadcast of each warp. */
extern "C" __global__ void lanes(int *out)
{
    int sum = threadIdx.x;

    for (int by = 16; by > 0; by /= 2)
        sum += __shfl_xor_sync(0xffffffff, sum, by);
    const unsigned odd = __ballot_sync(0xffffffff, threadIdx.x % 2);
    const int first = __shfl_sync(0xffffffff, (int)threadIdx.x, 0);
    const int next = __shfl_down_sync(0xffffffff, (int)threadIdx.x, 1, 8);
    out[threadIdx.x] = sum + (odd == 0xaaaaaaaa ? 10000 : 0) + 100000 * first + 10000000 * (next % 10);
}

/* Each block turns its part round: needs the barrier. */
extern "C" __global__ void reversed(int n, int *out)
{
    extern __shared__ int s[];

    s[threadIdx.x] = out[blockIdx.x * n + threadIdx.x];
    __syncthreads();
    out[blockIdx.x * n + threadIdx.x] = s[n - 1 - threadIdx.x];
}

/* What a block finds in shared memory: never what the block before left. */
extern "C" __global__ void spoiled(int *out)
{
    extern __shared__ int s[];
    __shared__ int t[32];

    out[blockIdx.x * 32 + threadIdx.x] = s[threadIdx.x] == -1 && t[threadIdx.x] == -1;
    s[threadIdx.x] = t[threadIdx.x] = 7;
}

extern "C" __global__ void waits_for_ever(int *out)
{
    if (threadIdx.x % 2)
        __syncthreads();
    else
        __syncwarp();
    out[threadIdx.x] = 1;
}

extern "C" __global__ void two_barriers(int *out)
{
    if (threadIdx.x < 32)
        __syncthreads();
    else
        __syncthreads();
    out[threadIdx.x] = 1;
}

/* Who has ended is waited for by nobody. */
extern "C" __global__ void some_leave(int *out)
{
    if (threadIdx.x >= 40)
        return;
    __syncthreads();
    out[threadIdx.x] = 1;
}

extern "C" __global__ void past_the_end(int *out)
{
    extern __shared__ int s[];
    out[0] = s[64 / 4];
}

extern "C" __global__ void traps(int *out)
{
    asm volatile("trap;");
}

extern "C" __global__ void typed(int a, float b, const int8_t *c, int *out)
{
    out[0] = a;
    out[1] = (int)(b * 2);
    out[2] = c[0];
    out[3] = __dp4a(0x01ff7f80, 0x01010101, 0);
}
