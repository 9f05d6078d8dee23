/* CUDA as plain C++, for tests on hosts without a GPU: what a submission's .cu means, not how fast
 * it is. Forced into every source by tests/cuda_host/translate; g++ makes a shared object of it
 * together with runtime.cpp.
 *
 * The threads of a block are fibers: one runs until it waits (a barrier, a shuffle) or ends, then
 * the next. The order in which they get their turn, and the order of blocks, changes from turn to
 * turn, so that a missing barrier shows. Shared memory holds NaN when a block starts, and what is
 * dynamic ends where a forbidden page begins.
 *
 * Not here, since only what __CUDA_ARCH__ guards may need it: inline PTX, mma, cp.async; and
 * textures, cooperative groups, half types. __CUDA_ARCH__ is not defined. Arithmetic is the host's:
 * a * b + c is fused, as on a device. */
#ifndef TESTS_CUDA_HOST_H
#define TESTS_CUDA_HOST_H

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __align__(n) __attribute__((aligned(n)))
#define __launch_bounds__(...)
#define __grid_constant__
/* All of a file in one section, which the runtime spoils before each block. */
#define __shared__ static __attribute__((section("cuda_shared")))

/* -- vector types
 * ---------------------------------------------------------------------------------- */
#define CUDA_HOST_VECTORS(element, name, size)                                                     \
    struct alignas(2 * size) name##2                                                               \
    {                                                                                              \
        element x, y;                                                                              \
    };                                                                                             \
    struct name##3                                                                                 \
    {                                                                                              \
        element x, y, z;                                                                           \
    };                                                                                             \
    struct alignas(4 * size > 16 ? 16 : 4 * size) name##4                                          \
    {                                                                                              \
        element x, y, z, w;                                                                        \
    };                                                                                             \
    static inline name##2 make_##name##2(element x, element y)                                     \
    {                                                                                              \
        return {x, y};                                                                             \
    }                                                                                              \
    static inline name##3 make_##name##3(element x, element y, element z)                          \
    {                                                                                              \
        return {x, y, z};                                                                          \
    }                                                                                              \
    static inline name##4 make_##name##4(element x, element y, element z, element w)               \
    {                                                                                              \
        return {x, y, z, w};                                                                       \
    }
CUDA_HOST_VECTORS(float, float, 4)
CUDA_HOST_VECTORS(double, double, 8)
CUDA_HOST_VECTORS(int, int, 4)
CUDA_HOST_VECTORS(unsigned, uint, 4)
CUDA_HOST_VECTORS(signed char, char, 1)
CUDA_HOST_VECTORS(unsigned char, uchar, 1)
CUDA_HOST_VECTORS(short, short, 2)

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
};

/* -- where a thread is
 * ----------------------------------------------------------------------------- */
struct cuda_host_place {
    uint3 thread;
    int lane; /* of its warp */
};
extern struct cuda_host_place *cuda_host_here;
extern uint3 cuda_host_block;
extern dim3 cuda_host_block_size, cuda_host_grid_size;
#define threadIdx (cuda_host_here->thread)
#define blockIdx cuda_host_block
#define blockDim cuda_host_block_size
#define gridDim cuda_host_grid_size
#define warpSize 32

/* -- waiting
 * --------------------------------------------------------------------------------------- */
/* Threads that meet at different lines are told of: on a device that is undefined. */
void cuda_host_barrier(int line);
/* Every lane of `mask` leaves 64 bits; each then sees what all of them left, and which lanes did.
 */
const uint64_t *cuda_host_exchange(unsigned mask, uint64_t mine, unsigned *out_lanes);
void *cuda_host_shared_dynamic(void);
[[noreturn]] void cuda_host_trap(void);

#define __syncthreads() cuda_host_barrier(__LINE__)
#define __trap() cuda_host_trap()

static inline void __syncwarp(unsigned mask = 0xffffffffU)
{
    unsigned lanes;
    (void)cuda_host_exchange(mask, 0, &lanes);
}
static inline void __threadfence(void)
{
}
static inline void __threadfence_block(void)
{
}

#define CUDA_HOST_POISON                                                                           \
    0x7fa5c3f17fa5c3f1ULL /* what a lane that is not there gives: undefined on a device */

template <class T> static inline T cuda_host_shuffle(unsigned mask, T value, int from)
{
    uint64_t bits = 0;
    unsigned lanes;
    static_assert(sizeof value <= sizeof bits, "one register pair");
    memcpy(&bits, &value, sizeof value);
    const uint64_t *all = cuda_host_exchange(mask, bits, &lanes);
    bits = lanes >> from & 1 ? all[from] : CUDA_HOST_POISON;
    memcpy(&value, &bits, sizeof value);
    return value;
}
template <class T> static inline T __shfl_sync(unsigned mask, T value, int lane, int width = 32)
{
    const int base = cuda_host_here->lane & ~(width - 1);
    return cuda_host_shuffle(mask, value, base + (lane & (width - 1)));
}
template <class T> static inline T __shfl_xor_sync(unsigned mask, T value, int with, int width = 32)
{
    const int me = cuda_host_here->lane, to = me ^ with;
    return cuda_host_shuffle(mask, value, (to & ~(width - 1)) > (me & ~(width - 1)) ? me : to);
}
template <class T>
static inline T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32)
{
    const int me = cuda_host_here->lane, to = me + (int)by;
    return cuda_host_shuffle(mask, value, (to & ~(width - 1)) != (me & ~(width - 1)) ? me : to);
}
template <class T>
static inline T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32)
{
    const int me = cuda_host_here->lane, to = me - (int)by;
    return cuda_host_shuffle(mask, value, to < (me & ~(width - 1)) ? me : to);
}
static inline unsigned __ballot_sync(unsigned mask, int yes)
{
    unsigned lanes, votes = 0;
    const uint64_t *all = cuda_host_exchange(mask, yes != 0, &lanes);
    for (int i = 0; i < 32; i++)
        votes |= (lanes >> i & 1 && all[i] ? 1U : 0U) << i;
    return votes;
}
static inline int __any_sync(unsigned mask, int yes)
{
    return __ballot_sync(mask, yes) != 0;
}
static inline int __all_sync(unsigned mask, int yes)
{
    return __ballot_sync(mask, !yes) == 0;
}
static inline unsigned __activemask(void)
{
    return 0xffffffffU;
}
#define CUDA_HOST_REDUCE(name, type, first, step)                                                  \
    static inline type name(unsigned mask, type value)                                             \
    {                                                                                              \
        unsigned lanes;                                                                            \
        const uint64_t *all = cuda_host_exchange(mask, (uint64_t)value, &lanes);                   \
        type sum = first;                                                                          \
        for (int i = 0; i < 32; i++)                                                               \
            if (lanes >> i & 1) {                                                                  \
                const type one = (type)all[i];                                                     \
                sum = step;                                                                        \
            }                                                                                      \
        return sum;                                                                                \
    }
CUDA_HOST_REDUCE(__reduce_add_sync, int, 0, (int)((unsigned)sum + (unsigned)one))
CUDA_HOST_REDUCE(__reduce_max_sync, int, INT_MIN, one > sum ? one : sum)
CUDA_HOST_REDUCE(__reduce_min_sync, int, INT_MAX, one < sum ? one : sum)

/* -- atomics: fibers never interrupt each other
 * ---------------------------------------------------- */
template <class T> static inline T atomicAdd(T *at, T by)
{
    const T old = *at;
    *at = (T)(old + by);
    return old;
}
template <class T> static inline T atomicMax(T *at, T with)
{
    const T old = *at;
    *at = old < with ? with : old;
    return old;
}
template <class T> static inline T atomicExch(T *at, T with)
{
    const T old = *at;
    *at = with;
    return old;
}
template <class T> static inline T atomicCAS(T *at, T if_it_is, T with)
{
    const T old = *at;
    *at = old == if_it_is ? with : old;
    return old;
}

/* -- memory and arithmetic
 * ------------------------------------------------------------------------- */
template <class T> static inline T __ldg(const T *at)
{
    return *at;
}
template <class T> static inline T __ldcg(const T *at)
{
    return *at;
}
template <class T> static inline T __ldcs(const T *at)
{
    return *at;
}
template <class T> static inline void __stcs(T *at, T value)
{
    *at = value;
}
template <class To, class From> static inline To cuda_host_bits(From from)
{
    To to;
    static_assert(sizeof to == sizeof from, "the same bits");
    memcpy(&to, &from, sizeof to);
    return to;
}
static inline int __float_as_int(float x)
{
    return cuda_host_bits<int>(x);
}
static inline unsigned __float_as_uint(float x)
{
    return cuda_host_bits<unsigned>(x);
}
static inline float __int_as_float(int x)
{
    return cuda_host_bits<float>(x);
}
static inline float __uint_as_float(unsigned x)
{
    return cuda_host_bits<float>(x);
}
#define CUDA_HOST_MIN_MAX(type)                                                                    \
    static inline type min(type a, type b)                                                         \
    {                                                                                              \
        return a < b ? a : b;                                                                      \
    }                                                                                              \
    static inline type max(type a, type b)                                                         \
    {                                                                                              \
        return a > b ? a : b;                                                                      \
    }
CUDA_HOST_MIN_MAX(int)
CUDA_HOST_MIN_MAX(unsigned)
CUDA_HOST_MIN_MAX(long long)
CUDA_HOST_MIN_MAX(float)
CUDA_HOST_MIN_MAX(double)

/* What is approximate on a device has its main error here too: that of x log2(e) in float. */
#define __expf cuda_host_expf /* glibc keeps these names to itself */
#define __logf cuda_host_logf
static inline float cuda_host_expf(float x)
{
    return exp2f(x * 1.4426950408889634f);
}
static inline float cuda_host_logf(float x)
{
    return log2f(x) * 0.6931471805599453f;
}
static inline float __fdividef(float a, float b)
{
    return a / b;
}
static inline double rsqrt(double x)
{
    return 1 / sqrt(x);
}
static inline float rsqrtf(float x)
{
    return 1 / sqrtf(x);
}
static inline float __frcp_rn(float x)
{
    return 1 / x;
}
static inline float __fmaf_rn(float a, float b, float c)
{
    return fmaf(a, b, c);
}
__attribute__((noinline, unused)) static float __fmul_rn(float a, float b)
{
    return a * b; /* never fused with what follows */
}
__attribute__((noinline, unused)) static float __fadd_rn(float a, float b)
{
    return a + b;
}
static inline int __float2int_rn(float x)
{
    return (int)rintf(x);
}
static inline int __float2int_rz(float x)
{
    return (int)x;
}
static inline int __popc(unsigned x)
{
    return __builtin_popcount(x);
}
static inline int __ffs(int x)
{
    return __builtin_ffs(x);
}
static inline int __clz(int x)
{
    return x == 0 ? 32 : __builtin_clz((unsigned)x);
}
static inline int __dp4a(int a, int b, int c)
{
    for (int i = 0; i < 4; i++)
        c = (int)((unsigned)c + (unsigned)((int8_t)(a >> 8 * i) * (int8_t)(b >> 8 * i)));
    return c;
}
static inline unsigned __byte_perm(unsigned low, unsigned high, unsigned pick)
{
    const uint64_t both = (uint64_t)high << 32 | low;
    unsigned out = 0;
    for (int i = 0; i < 4; i++)
        out |= (unsigned)(both >> 8 * (pick >> 4 * i & 7) & 0xff) << 8 * i;
    return out;
}

/* -- the table of kernels, which translate writes behind the source
 * -------------------------------- */
struct cuda_host_kernel {
    const char *name;
    int arguments_count;
    void (*call)(void **arguments);
};
extern const struct cuda_host_kernel cuda_host_kernels[]; /* ends with a NULL name */

template <int... at> struct cuda_host_list {
};
template <int count, int... at>
struct cuda_host_first : cuda_host_first<count - 1, count - 1, at...> {
};
template <int... at> struct cuda_host_first<0, at...> {
    typedef cuda_host_list<at...> list;
};
template <class... A, int... at>
static inline void cuda_host_unpack(void (*kernel)(A...), void **arguments, cuda_host_list<at...>)
{
    kernel(*(A *)arguments[at]...);
}
template <class... A> static inline void cuda_host_spread(void (*kernel)(A...), void **arguments)
{
    cuda_host_unpack(kernel, arguments, typename cuda_host_first<sizeof...(A)>::list());
}
template <class... A> static constexpr int cuda_host_count(void (*)(A...))
{
    return sizeof...(A);
}
template <auto kernel> static void cuda_host_call(void **arguments)
{
    cuda_host_spread(kernel, arguments);
}
#define CUDA_HOST_KERNEL(name) {#name, cuda_host_count(name), cuda_host_call<name>},

#endif
