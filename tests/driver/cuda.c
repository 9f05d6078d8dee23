/* A driver's library for tests, in place of libcuda.so.1: the calls of worker/launcher/driver.h on
 * host memory. It has no device and says so in its name; nothing that ships loads it.
 *
 * A module is any image: words in its bytes say what it does (in a cubin they are names of
 * variables, `extern "C" __device__ int host_twin_naive;`).
 *   host_twin_NAME  its kernels are those of NAME.so beside this library, which exports
 *                   cuda_host_launch (0: ran). What they do outside their memory is an illegal
 *                   address, as on a device
 *   host_knob_WORD  what goes wrong: the table `knobs`
 * Without a word its twin is baseline.so; with a knob alone a kernel does nothing. Built with
 * -DFAKE_...: a driver that is itself not right.
 *
 * Like a device it keeps what others left in its memory: an allocation holds a pattern until it is
 * overwritten, and a module that is loaded before all free memory was overwritten is refused with
 * 999. */
#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096u
#define TOTAL ((size_t)40 << 20)
#define RESERVED ((size_t)8 << 20) /* a driver's own */
#define BLOCKS_MAX 512
#define STALE 0xC7
#ifndef FAKE_VERSION
#define FAKE_VERSION 13000
#endif
#ifndef FAKE_NAME
#define FAKE_NAME "Stand-in for tests"
#endif

#define CALL __attribute__((visibility("default")))
typedef int (*twin_fn)(const char *kernel, const unsigned grid[3], const unsigned block[3],
                       unsigned shared_bytes, void **arguments);

struct knob {
    const char *word;
    int at_load, at_launch, at_wait; /* the error; 0: none */
    int does; /* 1: never ends; 2: the driver crashes; 3: slow; 4: writes over
                 the other modules that are loaded, which are slow then;
                 5: so that they do nothing, however often they are loaded;
                 6: this launch's events tell a tenth of its time */
};

struct module {
    const struct knob *knob;
    twin_fn twin;
    int spoiled; /* by another one's kernel */
};

struct function {
    char name[64];
    const struct module *module;
    unsigned shared_max; /* dynamic; more only where somebody asked for it */
};

struct block {
    unsigned long long at;
    size_t bytes; /* 0: free */
    char *map;
    size_t map_bytes;
};

static const struct knob knobs[] = {
    {"illegal_address", 0, 0, 700, 0},
    {"trap", 0, 0, 715, 0},
    {"launch_failure", 0, 0, 719, 0},
    {"misaligned", 0, 0, 716, 0},
    {"hardware_stack", 0, 0, 714, 0},
    {"out_of_range", 0, 701, 0, 0},
    {"bad_geometry", 0, 1, 0, 0},
    {"memory_at_load", 2, 0, 0, 0},
    {"memory_at_launch", 0, 2, 0, 0},
    {"bad_image", 200, 0, 0, 0},
    {"other_device", 209, 0, 0, 0},
    {"lost", 0, 0, 46, 0},
    {"ecc", 0, 0, 214, 0},
    {"unknown", 0, 0, 999, 0},
    {"endless", 0, 0, 0, 1},
    {"crash", 0, 0, 0, 2},
    {"slow", 0, 0, 0, 3},
    {"scribbles", 0, 0, 0, 4},
    {"ruins", 0, 0, 0, 5},
    {"event_lies", 0, 0, 0, 6},
};

static struct block blocks[BLOCKS_MAX];
static size_t used, overwritten;
static int sticky; /* what the device died of */
static int hangs, ready, lies;
static struct module *modules[4]; /* that are loaded */
static sigjmp_buf beyond;

static void on_fault(int number)
{
    (void)number;
    siglongjmp(beyond, 1);
}

static void pause_ms(long ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

CALL int cuInit(unsigned flags)
{
    (void)flags;
#ifdef FAKE_SLOW
    pause_ms(FAKE_SLOW);
#endif
#ifdef FAKE_INIT
    return FAKE_INIT;
#else
    return 0;
#endif
}

CALL int cuDriverGetVersion(int *out)
{
    *out = FAKE_VERSION;
    return 0;
}

CALL int cuDeviceGetCount(int *out)
{
#ifdef FAKE_NO_DEVICE
    *out = 0;
#else
    *out = 1;
#endif
    return 0;
}

CALL int cuDeviceGet(int *out, int ordinal)
{
    *out = 7;
    return ordinal == 0 ? 0 : 101;
}

CALL int cuDeviceGetName(char *out, int size, int device)
{
    (void)snprintf(out, (size_t)size, "%s", FAKE_NAME);
    return device == 7 ? 0 : 101;
}

CALL int cuDeviceGetUuid_v2(unsigned char out[16], int device)
{
    memset(out, 0xAB, 16);
    return device == 7 ? 0 : 101;
}

CALL int cuDeviceTotalMem_v2(size_t *out, int device)
{
    *out = TOTAL;
    return device == 7 ? 0 : 101;
}

CALL int cuDeviceGetAttribute(int *out, int attribute, int device)
{
    static const int values[][2] = {{16, 4}, {38, 1 << 20}, {75, 9}, {76, 0}, {97, 232448}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (values[i][0] == attribute) {
            *out = values[i][1];
            return device == 7 ? 0 : 101;
        }
    return 1;
}

CALL int cuDevicePrimaryCtxRetain(void **out, int device)
{
#ifdef FAKE_CONTEXT
    (void)out;
    (void)device;
    return FAKE_CONTEXT;
#else
    *out = &ready;
    ready = 1;
    return device == 7 ? 0 : 101;
#endif
}

CALL int cuCtxSetCurrent(void *context)
{
    return context == &ready ? 0 : 201;
}

CALL int cuCtxSetLimit(int limit, size_t value)
{
    (void)limit;
    (void)value;
    return 0;
}

#ifndef FAKE_LACKS_PERSISTING
CALL int cuCtxResetPersistingL2Cache(void)
{
    return 801;
}
#endif

CALL int cuMemGetInfo_v2(size_t *out_free, size_t *out_total)
{
    *out_free = TOTAL - RESERVED - used;
    *out_total = TOTAL;
    return sticky;
}

/* At the end of its pages, so that what runs past it faults at once. */
CALL int cuMemAlloc_v2(unsigned long long *out, size_t bytes)
{
    const size_t rounded = (bytes + 255) / 256 * 256, pages = (rounded + PAGE - 1) / PAGE * PAGE;
    size_t i = 0;

    if (sticky != 0)
        return sticky;
    while (i < BLOCKS_MAX && blocks[i].bytes != 0)
        i++;
    if (bytes == 0 || i == BLOCKS_MAX)
        return 1;
    if (rounded > TOTAL - RESERVED - used)
        return 2;
    char *const map =
        mmap(NULL, pages + (size_t)2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || mprotect(map + PAGE, pages, PROT_READ | PROT_WRITE) < 0)
        return 2;
    blocks[i] = (struct block){.at = (uintptr_t)(map + PAGE + pages - rounded),
                               .bytes = rounded,
                               .map = map,
                               .map_bytes = pages + (size_t)2 * PAGE};
    used += rounded;
    memset(map + PAGE + pages - rounded, STALE, rounded < PAGE ? rounded : PAGE);
    *out = blocks[i].at;
    return 0;
}

CALL int cuMemFree_v2(unsigned long long at)
{
    for (size_t i = 0; i < BLOCKS_MAX; i++)
        if (blocks[i].bytes != 0 && blocks[i].at == at) {
            used -= blocks[i].bytes;
            (void)munmap(blocks[i].map, blocks[i].map_bytes);
            blocks[i].bytes = 0;
            return sticky;
        }
    return 1;
}

/* Of some allocation, whole. */
static int is_ours(unsigned long long at, size_t bytes)
{
    for (size_t i = 0; i < BLOCKS_MAX; i++)
        if (blocks[i].bytes != 0 && at >= blocks[i].at && at - blocks[i].at <= blocks[i].bytes &&
            bytes <= blocks[i].bytes - (at - blocks[i].at))
            return 1;
    return 0;
}

static void *memory_of(unsigned long long at)
{
    return (void *)(uintptr_t)at;
}

CALL int cuMemcpyHtoD_v2(unsigned long long to, const void *from, size_t bytes)
{
    if (sticky != 0 || !is_ours(to, bytes))
        return sticky != 0 ? sticky : 1;
    memcpy(memory_of(to), from, bytes);
    return 0;
}

CALL int cuMemcpyDtoH_v2(void *to, unsigned long long from, size_t bytes)
{
    if (sticky != 0 || !is_ours(from, bytes))
        return sticky != 0 ? sticky : 1;
    memcpy(to, memory_of(from), bytes);
    return 0;
}

CALL int cuMemsetD8_v2(unsigned long long at, unsigned char value, size_t count)
{
    if (sticky != 0 || !is_ours(at, count))
        return sticky != 0 ? sticky : 1;
    memset(memory_of(at), value, count);
    overwritten += count;
    return 0;
}

CALL int cuMemsetD32_v2(unsigned long long at, unsigned value, size_t count)
{
    if (sticky != 0 || !is_ours(at, count * 4))
        return sticky != 0 ? sticky : 1;
    uint32_t *const words = memory_of(at);
    for (size_t i = 0; i < count; i++)
        words[i] = value;
    return 0;
}

CALL int cuStreamCreate(void **out, unsigned flags)
{
    (void)flags;
    *out = &used;
    return sticky;
}

CALL int cuStreamSynchronize(void *stream)
{
    while (hangs)
        pause_ms(1000);
    return stream == &used ? sticky : 400;
}

CALL int cuCtxSynchronize(void)
{
    return cuStreamSynchronize(&used);
}

CALL int cuEventCreate(void **out, unsigned flags)
{
    (void)flags;
    *out = calloc(1, sizeof(struct timespec));
    return *out == NULL ? 2 : sticky;
}

CALL int cuEventRecord(void *event, void *stream)
{
    (void)clock_gettime(CLOCK_MONOTONIC, event);
    return stream == &used ? 0 : 400;
}

CALL int cuEventElapsedTime(float *out_ms, void *from, void *to)
{
    const struct timespec *const a = from, *const b = to;
    *out_ms =
        (float)((double)(b->tv_sec - a->tv_sec) * 1e3 + (double)(b->tv_nsec - a->tv_nsec) / 1e6);
    *out_ms = lies ? *out_ms / 10 : *out_ms;
    lies = 0;
    return sticky;
}

/* A cubin says itself how long it is; anything else ends with a 0. */
static size_t size_of(const unsigned char *image)
{
    uint64_t sections = 0;
    uint16_t each = 0, count = 0;

    if (memcmp(image, "\177ELF", 4) != 0)
        return strlen((const char *)image);
    memcpy(&sections, image + 0x28, sizeof sections);
    memcpy(&each, image + 0x3A, sizeof each);
    memcpy(&count, image + 0x3C, sizeof count);
    return (size_t)sections + (size_t)each * count;
}

/* The name behind a word of the image, "" if it is not there. */
static void word_after(const unsigned char *image, size_t size, const char *word, char out[64])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const char *const at = memmem(image, size, word, strlen(word));
    const size_t length = at == NULL ? 0 : strspn(at + strlen(word), letters);

    out[0] = '\0';
    if (length > 0 && length < 64)
        (void)snprintf(out, 64, "%.*s", (int)length, at + strlen(word));
}

static twin_fn twin_of(const char *name)
{
    char path[4096 + 80];
    Dl_info info;

    if (dladdr(memory_of((uintptr_t)knobs), &info) == 0)
        return NULL;
    const char *const slash = strrchr(info.dli_fname, '/');
    (void)snprintf(path, sizeof path, "%.*s/%s.so",
                   slash == NULL ? 1 : (int)(slash - info.dli_fname),
                   slash == NULL ? "." : info.dli_fname, name);
    void *const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        (void)fprintf(stderr, "stand-in driver: %s\n", dlerror());
    void *const symbol = library == NULL ? NULL : dlsym(library, "cuda_host_launch");
    twin_fn twin = NULL;
    memcpy(&twin, &symbol, sizeof twin);
    return twin;
}

CALL int cuModuleLoadData(void **out, const void *image)
{
    const size_t size = size_of(image);
    char word[64];

    if (sticky != 0)
        return sticky;
    if (overwritten < TOTAL - RESERVED - ((size_t)8 << 20)) {
        (void)fprintf(stderr, "stand-in driver: a module before the scrub\n");
        return 999;
    }
    struct module *const module = calloc(1, sizeof *module);
    if (module == NULL)
        return 2;
    word_after(image, size, "host_knob_", word);
    for (size_t i = 0; i < sizeof knobs / sizeof knobs[0]; i++)
        if (strcmp(knobs[i].word, word) == 0)
            module->knob = &knobs[i];
    word_after(image, size, "host_twin_", word);
    if (word[0] == '\0' && module->knob == NULL)
        (void)snprintf(word, sizeof word, "baseline");
    if (word[0] != '\0' && (module->twin = twin_of(word)) == NULL)
        return 200;
    for (size_t i = 0, placed = 0; i < sizeof modules / sizeof modules[0] && !placed; i++)
        if (modules[i] == NULL) {
            modules[i] = module;
            placed = 1;
        }
    *out = module;
    return module->knob != NULL ? module->knob->at_load : 0;
}

CALL int cuModuleUnload(void *module)
{
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++)
        if (modules[i] == module)
            modules[i] = NULL;
    free(module);
    return sticky;
}

CALL int cuModuleGetFunction(void **out, void *module, const char *name)
{
    struct function *const function = calloc(1, sizeof *function);
    if (function == NULL)
        return 2;
    (void)snprintf(function->name, sizeof function->name, "%s", name);
    function->module = module;
    function->shared_max = 48 << 10;
    *out = function;
    return strcmp(name, "not_there") == 0 ? 500 : sticky;
}

CALL int cuFuncSetAttribute(void *function, int attribute, int value)
{
    if (attribute != 8 || value < 0 || value > 232448)
        return 1;
    ((struct function *)function)->shared_max = (unsigned)value;
    return sticky;
}

#ifndef FAKE_LACKS_LAUNCH
static int ruined;

/* Runs it at once; what goes wrong is told when somebody waits. */
static int run(const struct function *function, const unsigned grid[3], const unsigned block[3],
               unsigned shared_bytes, void **arguments)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE};
    struct sigaction mine = {.sa_handler = on_fault}, before[3];
    int code = 0;

    for (size_t i = 0; i < 3; i++)
        (void)sigaction(numbers[i], &mine, &before[i]);
    if (sigsetjmp(beyond, 1) == 0)
        code = function->module->twin(function->name, grid, block, shared_bytes, arguments);
    else
        sticky = 700;
    for (size_t i = 0; i < 3; i++)
        (void)sigaction(numbers[i], &before[i], NULL);
    /* As of tests/cuda_host: no kernel, geometry, threads that wait for ever (twice), trap. */
    static const int answers[] = {0, 500, 1, 0, 0, 0};
    hangs = code == 3 || code == 4;
    sticky = code == 5 ? 719 : sticky;
    return code >= 0 && code <= 5 ? answers[code] : 500;
}

/* What a stranger's kernel can do to others in its address space. */
static void spoil_others(const struct module *mine)
{
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++)
        if (modules[i] != NULL && modules[i] != mine)
            modules[i]->spoiled = 1;
}

CALL int cuLaunchKernel(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                        unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,
                        void *stream, void **arguments, void **extra)
{
    const struct function *const what = function;
    const struct knob *const knob = what->module->knob;
    const unsigned grid[3] = {grid_x, grid_y, grid_z}, block[3] = {block_x, block_y, block_z};

    (void)extra;
    if (sticky != 0 || stream != &used)
        return sticky != 0 ? sticky : 400;
    if (shared_bytes > what->shared_max)
        return 1;
    if (knob != NULL) {
        if (knob->at_launch != 0)
            return knob->at_launch;
        sticky = knob->at_wait;
        hangs = knob->does == 1;
        if (knob->does == 2)
            abort();
        if (knob->does == 3)
            pause_ms(20);
        if (knob->does == 4)
            spoil_others(what->module);
        ruined = ruined || knob->does == 5;
        lies = knob->does == 6;
    }
    if (what->module->spoiled)
        pause_ms(20);
    if (ruined && (knob == NULL || knob->does != 5))
        return 0;
    return what->module->twin != NULL ? run(what, grid, block, shared_bytes, arguments) : 0;
}
#endif
