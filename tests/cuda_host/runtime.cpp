/* Runs the kernels of one translated source: blocks one after the other, the threads of a block as
 * fibers on stacks of their own, which hand over only where they wait. One launch at a time. */
#include "tests/cuda_host/cuda_host.h"
#include "tests/cuda_host/cuda_host_launch.h"

#include <stdio.h>
#include <sys/mman.h>

#define THREADS_MAX 1024
#define WARPS_MAX (THREADS_MAX / 32)
#define STACK_BYTES                                                                                \
    (64 << 10) /* 16 KiB of local memory is the limit; the host's library takes some too */
#define PAGE 4096
#define SHARED_BYTES_MAX (227 << 10) /* of one block, sm_90 */
#define VISIBLE extern "C" __attribute__((visibility("default")))

enum state { READY, AT_BARRIER, AT_EXCHANGE, ENDED };

struct fiber {
    struct cuda_host_place place; /* first: cuda_host_here points at it */
    enum state state;
    int warp;
    void *stack_pointer;
};

/* Two sets of values, since a fast lane may leave the next one's while a slow one still reads. */
struct warp {
    uint64_t values[2][32];
    unsigned lanes[2];
    unsigned there, arrived, mask, generation; /* there: lanes that have not ended */
};

static struct {
    struct fiber fibers[THREADS_MAX];
    struct warp warps[WARPS_MAX];
    char *stacks, *shared_end;
    void *scheduler; /* its stack pointer */
    const struct cuda_host_kernel *kernel;
    void **arguments;
    unsigned shared_bytes, turn;
    int threads, alive, waiting; /* waiting: at the barrier */
    int line;                    /* of the barrier at which the first of them waits */
    int stacks_made;             /* fibers whose stack has a guard */
    enum cuda_host_result result;
    char said[160];
} us;

struct cuda_host_place *cuda_host_here;
uint3 cuda_host_block;
dim3 cuda_host_block_size, cuda_host_grid_size;

/* Where the linker put all __shared__ variables; nowhere if there are none. */
extern "C" __attribute__((weak, visibility("hidden"))) char __start_cuda_shared[],
    __stop_cuda_shared[];

/* Keeps the registers that a call must leave alone on this stack, and goes on with those on the
 * other. */
extern "C" void cuda_host_switch(void **keep, void *other);
asm(".text\n"
    ".local cuda_host_switch\n"
    "cuda_host_switch:\n"
    "    pushq %rbp\n    pushq %rbx\n    pushq %r12\n    pushq %r13\n    pushq %r14\n    pushq "
    "%r15\n"
    "    movq %rsp, (%rdi)\n"
    "    movq %rsi, %rsp\n"
    "    popq %r15\n    popq %r14\n    popq %r13\n    popq %r12\n    popq %rbx\n    popq %rbp\n"
    "    ret\n");

static bool geometry_fits(const unsigned grid[3], const unsigned block[3], unsigned shared_bytes);
static bool memory_make(int threads);
static void stack_reset(int thread);
static void fiber_main(void);
static void block_run(unsigned at);
static bool pass(bool upwards);
static bool warp_pass(int warp, bool upwards);
static void hand_over(struct fiber *fiber, enum state state);
static void barrier_open(void);
static bool exchange_open(int number);
static int fail(enum cuda_host_result result, const char *said);

VISIBLE int cuda_host_launch(const char *kernel, const unsigned grid[3], const unsigned block[3],
                             unsigned shared_bytes, void **arguments)
{
    us.result = CUDA_HOST_RAN;
    us.said[0] = '\0';
    us.kernel = cuda_host_kernels;
    while (us.kernel->name != NULL && strcmp(us.kernel->name, kernel) != 0)
        us.kernel++;
    if (us.kernel->name == NULL)
        return fail(CUDA_HOST_NO_KERNEL, "no kernel of that name");
    if (!geometry_fits(grid, block, shared_bytes))
        return fail(CUDA_HOST_GEOMETRY, "no device takes this geometry");
    us.threads = (int)(block[0] * block[1] * block[2]);
    if (!memory_make(us.threads))
        return fail(CUDA_HOST_GEOMETRY, "no memory for the stacks");
    us.arguments = arguments;
    us.shared_bytes = shared_bytes;
    cuda_host_grid_size = {grid[0], grid[1], grid[2]};
    cuda_host_block_size = {block[0], block[1], block[2]};
    for (int i = 0; i < us.threads; i++) {
        const unsigned at = (unsigned)i;
        us.fibers[i].place.thread = {at % block[0], at / block[0] % block[1],
                                     at / block[0] / block[1]};
        us.fibers[i].place.lane = i % 32;
        us.fibers[i].warp = i / 32;
        stack_reset(i);
    }
    const unsigned blocks = grid[0] * grid[1] * grid[2];
    const bool upwards = (++us.turn & 1) != 0; /* nobody may count on the order of blocks */
    for (unsigned i = 0; i < blocks && us.result == CUDA_HOST_RAN; i++)
        block_run(upwards ? i : blocks - 1 - i);
    return us.result;
}

VISIBLE int cuda_host_arguments(const char *kernel)
{
    for (const struct cuda_host_kernel *one = cuda_host_kernels; one->name != NULL; one++)
        if (strcmp(one->name, kernel) == 0)
            return one->arguments_count;
    return -1;
}

VISIBLE const char *cuda_host_said(void)
{
    return us.said;
}

static bool geometry_fits(const unsigned grid[3], const unsigned block[3], unsigned shared_bytes)
{
    const uint64_t threads = (uint64_t)block[0] * block[1] * block[2];
    const uint64_t blocks = (uint64_t)grid[0] * grid[1] * grid[2];
    const size_t fixed = (size_t)(__stop_cuda_shared - __start_cuda_shared);

    return block[0] <= THREADS_MAX && block[1] <= THREADS_MAX && block[2] <= 64 && threads > 0 &&
           threads <= THREADS_MAX && blocks > 0 && blocks <= UINT_MAX &&
           fixed + shared_bytes <= SHARED_BYTES_MAX;
}

/* Once for the process, guards of stacks as they are needed. */
static bool memory_make(int threads)
{
    const size_t stacks = (size_t)THREADS_MAX * (STACK_BYTES + PAGE),
                 shared = (size_t)SHARED_BYTES_MAX + 2 * PAGE;

    if (us.stacks == NULL) {
        char *const at = (char *)mmap(NULL, stacks + shared, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at == (char *)MAP_FAILED)
            return false;
        us.stacks = at;
        us.shared_end = at + (stacks + shared) / PAGE * PAGE - PAGE;
        if (mprotect(us.shared_end, PAGE, PROT_NONE) < 0)
            return false;
    }
    for (; us.stacks_made < threads; us.stacks_made++)
        if (mprotect(us.stacks + (size_t)us.stacks_made * (STACK_BYTES + PAGE), PAGE, PROT_NONE) <
            0)
            return false;
    return true;
}

/* As if cuda_host_switch had been called at the entry of fiber_main: six registers, and where to
 * return to. */
static void stack_reset(int thread)
{
    /* All at the same distance from a page would share a few lines of the cache. */
    char *const top =
        us.stacks + (size_t)(thread + 1) * (STACK_BYTES + PAGE) - thread * 5 % 64 * 64;
    void **at = (void **)(void *)top;

    *--at = NULL; /* nobody called fiber_main */
    *--at = (void *)fiber_main;
    for (int i = 0; i < 6; i++)
        *--at = NULL;
    us.fibers[thread].stack_pointer = at;
}

/* Every fiber, one thread of a block after the other. */
static void fiber_main(void)
{
    for (;;) {
        struct fiber *const fiber = (struct fiber *)cuda_host_here;
        us.kernel->call(us.arguments);
        us.alive--;
        us.warps[fiber->warp].there &= ~(1U << fiber->place.lane);
        (void)exchange_open(fiber->warp);
        if (us.alive > 0 && us.waiting == us.alive)
            barrier_open(); /* who has ended is waited for by nobody */
        hand_over(fiber, ENDED);
    }
}

static void block_run(unsigned at)
{
    const dim3 grid = cuda_host_grid_size;
    bool progress = true;

    cuda_host_block = {at % grid.x, at / grid.x % grid.y, at / grid.x / grid.y};
    if (__start_cuda_shared != NULL)
        memset(__start_cuda_shared, 0xff, (size_t)(__stop_cuda_shared - __start_cuda_shared));
    memset((char *)cuda_host_shared_dynamic(), 0xff, us.shared_bytes);
    memset(us.warps, 0, sizeof us.warps);
    for (int i = 0; i < us.threads; i++) {
        us.fibers[i].state = READY;
        us.warps[i / 32].there |= 1U << i % 32;
    }
    us.alive = us.threads;
    us.waiting = 0;
    while (us.alive > 0 && progress && us.result == CUDA_HOST_RAN) {
        us.turn = us.turn * 1664525 + 1013904223; /* Knuth's; any bit that does not repeat soon */
        progress = pass(us.turn >> 31 != 0);
    }
    if (!progress && us.result == CUDA_HOST_RAN) {
        (void)fail(CUDA_HOST_DEADLOCK, "threads wait for others that never come");
        if (us.waiting > 0)
            (void)snprintf(us.said, sizeof us.said,
                           "%d of %d threads wait at line %d, the others elsewhere", us.waiting,
                           us.alive, us.line);
    }
}

/* Gives each warp its turn. False if no thread could run. */
static bool pass(bool upwards)
{
    const int warps = (us.threads + 31) / 32;
    bool progress = false;

    for (int i = 0; i < warps && us.result == CUDA_HOST_RAN; i++)
        while (us.result == CUDA_HOST_RAN && warp_pass(upwards ? i : warps - 1 - i, upwards))
            progress = true;
    return progress;
}

/* One turn of each lane. A warp goes on for as long as it can: others then see what it left early,
 * and miss what it should have waited for. */
static bool warp_pass(int warp, bool upwards)
{
    const int first = warp * 32, count = us.threads - first < 32 ? us.threads - first : 32;
    bool progress = false;

    for (int i = 0; i < count && us.result == CUDA_HOST_RAN; i++) {
        struct fiber *const fiber = &us.fibers[first + (upwards ? i : count - 1 - i)];
        if (fiber->state != READY)
            continue;
        progress = true;
        cuda_host_here = &fiber->place;
        cuda_host_switch(&us.scheduler, fiber->stack_pointer);
    }
    return progress;
}

static void hand_over(struct fiber *fiber, enum state state)
{
    fiber->state = state;
    cuda_host_switch(&fiber->stack_pointer, us.scheduler);
}

void cuda_host_barrier(int line)
{
    struct fiber *const fiber = (struct fiber *)cuda_host_here;

    if (us.waiting == 0)
        us.line = line;
    if (us.line != line) {
        (void)snprintf(us.said, sizeof us.said, "threads of a block wait at lines %d and %d",
                       us.line, line);
        us.result = CUDA_HOST_DIVERGED;
        hand_over(fiber, AT_BARRIER);
    }
    us.waiting++;
    if (us.waiting == us.alive) {
        barrier_open(); /* the last goes on at once */
        return;
    }
    hand_over(fiber, AT_BARRIER);
}

static void barrier_open(void)
{
    us.waiting = 0;
    for (int i = 0; i < us.threads; i++)
        if (us.fibers[i].state == AT_BARRIER)
            us.fibers[i].state = READY;
}

const uint64_t *cuda_host_exchange(unsigned mask, uint64_t mine, unsigned *out_lanes)
{
    struct fiber *const fiber = (struct fiber *)cuda_host_here;
    struct warp *const warp = &us.warps[fiber->warp];
    const unsigned set = warp->generation & 1, me = 1U << fiber->place.lane;

    if (warp->arrived == 0)
        warp->mask = mask;
    if (warp->mask != mask || (mask & me) == 0) {
        (void)snprintf(us.said, sizeof us.said, "lanes of a warp exchange with masks %08x and %08x",
                       warp->mask, mask);
        us.result = CUDA_HOST_DIVERGED;
        hand_over(fiber, AT_EXCHANGE);
    }
    warp->values[set][fiber->place.lane] = mine;
    warp->arrived |= me;
    if (!exchange_open(fiber->warp))
        hand_over(fiber, AT_EXCHANGE);
    *out_lanes = warp->lanes[set];
    return warp->values[set];
}

/* If all that are waited for have arrived, they go on; the last of them at once. */
static bool exchange_open(int number)
{
    struct warp *const warp = &us.warps[number];

    if (warp->arrived == 0 || warp->arrived != (warp->mask & warp->there))
        return false;
    warp->lanes[warp->generation & 1] = warp->arrived;
    for (int i = 0; i < 32 && warp->arrived >> i != 0; i++)
        if (warp->arrived >> i & 1)
            us.fibers[number * 32 + i].state = READY;
    warp->arrived = 0;
    warp->generation++;
    return true;
}

void *cuda_host_shared_dynamic(void)
{
    return us.shared_end - (us.shared_bytes + 15) / 16 * 16;
}

void cuda_host_trap(void)
{
    us.result = CUDA_HOST_TRAP;
    (void)snprintf(us.said, sizeof us.said, "trap");
    for (;;)
        hand_over((struct fiber *)cuda_host_here, AT_BARRIER);
}

static int fail(enum cuda_host_result result, const char *said)
{
    us.result = result;
    (void)snprintf(us.said, sizeof us.said, "%s", said);
    return result;
}
