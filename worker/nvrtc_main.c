/* build/nvrtc: the CUDA compiler of one submission, in the compile jail. It loads NVRTC, compiles a
 * kernel of its own once so that library and heap are warm, then waits for the eventfd on 3, reads
 * one source from descriptor 0, and leaves the cubin on 1 and the log on 2. One process per source:
 * what a hostile source does to the library ends with it.
 *
 * Descriptor 0 holds a struct nvrtc_input and the texts behind it (worker/nvrtc_input.h). Exits
 * with 0: compiled; 1: errors, in the log; 3: the library gave up on this source; 2: our failure.
 */
#include "worker/nvrtc_input.h"

#include <dlfcn.h>
#include <limits.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_ERRORS 1
#define EXIT_OURS 2
#define EXIT_CRASHED 3
#define HEAP_WARM_BYTES ((size_t)32 << 20) /* a page of kernels takes 10 to 15 MB */
#define NVRTC_OUT_OF_MEMORY 1
#define NVRTC_COMPILATION 6

typedef void *nvrtc_program;

/* Signatures as in nvrtc.h of CUDA 12 and 13, which need not be there to build this. */
struct library {
    int (*create)(nvrtc_program *, const char *, const char *, int, const char *const *,
                  const char *const *);
    int (*compile)(nvrtc_program, int, const char *const *);
    int (*log_size)(nvrtc_program, size_t *);
    int (*log)(nvrtc_program, char *);
    int (*cubin_size)(nvrtc_program, size_t *);
    int (*cubin)(nvrtc_program, char *);
};

/* What NVRTC itself has no file for. */
static const char *const own_headers[][2] = {
    {"math.h", ""}, /* its functions are built in; see OWN_NAMES */
    {"stddef.h", ""}, {"stdint.h", ""}, {"limits.h", ""}, {"float.h", ""},
};
#define OWN_COUNT (sizeof own_headers / sizeof own_headers[0])

/* Their names, before the first line of the source, whose line numbers stay. */
#define OWN_NAMES                                                                                  \
    "-DINFINITY=(__int_as_float(0x7f800000))", "-DNAN=(__int_as_float(0x7fffffff))",               \
        "-DFLT_MAX=3.402823466e+38f", "-DFLT_MIN=1.175494351e-38f",                                \
        "-DFLT_EPSILON=1.192092896e-07f", "-DINT_MAX=2147483647", "-DINT_MIN=(-2147483647-1)",     \
        "-DINT8_MAX=127", "-DINT8_MIN=(-128)", "-DINT32_MAX=2147483647",                           \
        "-DINT32_MIN=(-2147483647-1)", "-Dint8_t=signed char", "-Duint8_t=unsigned char",          \
        "-Dint16_t=short", "-Duint16_t=unsigned short", "-Dint32_t=int", "-Duint32_t=unsigned",    \
        "-Dint64_t=long long", "-Duint64_t=unsigned long long"

static int fail(const char *what, const char *why);
static bool library_load(struct library *out);
static void heap_warm(void);
static bool input_read(struct nvrtc_input *out, char **out_text);
static bool read_whole(void *to, size_t size);
static int compile(const struct library *library, const struct nvrtc_input *input,
                   const char *header, const char *source, bool keep);
static bool put(int fd, const char *bytes, size_t size);
static int leave_log(const struct library *library, nvrtc_program program);
static int leave_cubin(const struct library *library, nvrtc_program program);

int main(void)
{
    static const char warm[] =
        "extern \"C\" __global__ void warm(const float *x, float *y)"
        "{ __shared__ float s[32]; s[threadIdx.x] = expf(x[threadIdx.x]); __syncthreads();"
        " y[threadIdx.x] = s[31 - threadIdx.x] / sqrtf(x[0]); }";
    struct library library;
    struct nvrtc_input input = {.architecture = NVRTC_WARM_ARCHITECTURE, .name = "warm.cu"};
    char *text = NULL;
    uint64_t go = 0;

    if (!library_load(&library))
        return EXIT_OURS;
    if (compile(&library, &input, "", warm, false) != 0)
        return fail("the first compilation", "failed");
    heap_warm();
    if (read(3, &go, sizeof go) != sizeof go)
        return fail("the wait for a source", "ended");
    if (!input_read(&input, &text))
        return fail("the source", "did not arrive whole");
    const int code = compile(&library, &input, text, text + input.header_size + 1, true);
    /* No destructors: they take time, and the library's state is the source's by now. */
    _exit(code);
}

static int fail(const char *what, const char *why)
{
    (void)dprintf(STDERR_FILENO, "nvrtc: %s: %s\n", what, why); /* the exit code tells it too */
    return EXIT_OURS;
}

static bool library_load(struct library *out)
{
    *out = (struct library){.create = NULL};
    const struct {
        const char *name;
        void *place;
    } names[] = {
        {"nvrtcCreateProgram", &out->create},       {"nvrtcCompileProgram", &out->compile},
        {"nvrtcGetProgramLogSize", &out->log_size}, {"nvrtcGetProgramLog", &out->log},
        {"nvrtcGetCUBINSize", &out->cubin_size},    {"nvrtcGetCUBIN", &out->cubin},
    };

    /* The jail has no list of libraries: what is loaded already is found by its own name. */
    if (dlopen(NVRTC_BUILTINS_PATH, RTLD_NOW | RTLD_GLOBAL) == NULL)
        return fail("load", dlerror()) == 0;
    void *const library = dlopen(NVRTC_LIBRARY_PATH, RTLD_NOW);
    if (library == NULL)
        return fail("load", dlerror()) == 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        void *const symbol = dlsym(library, names[i].name);
        if (symbol == NULL)
            return fail(names[i].name, "not in this library") == 0;
        memcpy(names[i].place, &symbol, sizeof symbol);
    }
    return true;
}

/* Page faults are a fifth of a small source's time: the heap is touched while nobody waits, and
 * keeps what it has. Nothing is lost if there is no memory for it. */
static void heap_warm(void)
{
    const long page = sysconf(_SC_PAGESIZE);

    (void)mallopt(M_MMAP_MAX, 0);
    (void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
    volatile char *const heap = malloc(HEAP_WARM_BYTES);
    for (size_t at = 0; heap != NULL && at < HEAP_WARM_BYTES; at += (size_t)page)
        heap[at] = 1;
    free((void *)(uintptr_t)heap);
}

/* *out_text: the header, a 0 byte, the source, a 0 byte. */
static bool input_read(struct nvrtc_input *out, char **out_text)
{
    if (!read_whole(out, sizeof *out) || out->magic != NVRTC_MAGIC ||
        out->header_size > NVRTC_TEXT_MAX || out->source_size > NVRTC_TEXT_MAX)
        return false;
    out->architecture[sizeof out->architecture - 1] = '\0';
    out->name[sizeof out->name - 1] = '\0';
    out->header_name[sizeof out->header_name - 1] = '\0';
    char *const text = calloc(1, out->header_size + out->source_size + 2);
    *out_text = text;
    return text != NULL && read_whole(text, out->header_size) &&
           read_whole(text + out->header_size + 1, out->source_size);
}

static bool read_whole(void *to, size_t size)
{
    for (size_t done = 0; done < size;) {
        const ssize_t got = read(STDIN_FILENO, (char *)to + done, size - done);
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

static int compile(const struct library *library, const struct nvrtc_input *input,
                   const char *header, const char *source, bool keep)
{
    char architecture[64];
    (void)snprintf(architecture, sizeof architecture, "--gpu-architecture=%s",
                   input->architecture); /* fits */
    const char *const options[] = {architecture, NVRTC_OPTIONS, OWN_NAMES};
    const char *names[OWN_COUNT + 1] = {input->header_name}, *texts[OWN_COUNT + 1] = {header};
    nvrtc_program program = NULL;

    for (size_t i = 0; i < OWN_COUNT; i++) {
        names[i + 1] = own_headers[i][0];
        texts[i + 1] = own_headers[i][1];
    }
    if (library->create(&program, source, input->name, keep ? OWN_COUNT + 1 : 0, texts, names) != 0)
        return fail("nvrtcCreateProgram", "failed");
    const int code = library->compile(program, sizeof options / sizeof options[0], options);
    if (!keep)
        return code;
    if (leave_log(library, program) != 0)
        return EXIT_OURS;
    if (code == 0)
        return leave_cubin(library, program);
    return code == NVRTC_COMPILATION     ? EXIT_ERRORS
           : code == NVRTC_OUT_OF_MEMORY ? EXIT_CRASHED
           : code > NVRTC_COMPILATION    ? EXIT_CRASHED
                                         : fail("nvrtcCompileProgram", "refused");
}

static bool put(int fd, const char *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        const ssize_t put = write(fd, bytes + done, size - done);
        if (put <= 0)
            return false;
        done += (size_t)put;
    }
    return true;
}

/* The log ends with a 0 byte, which counts in its size. */
static int leave_log(const struct library *library, nvrtc_program program)
{
    size_t size = 0;
    if (library->log_size(program, &size) != 0 || size == 0)
        return fail("nvrtcGetProgramLogSize", "failed");
    char *const text = malloc(size);
    if (text == NULL)
        return EXIT_CRASHED; /* the source's: a log of that size */
    const bool got = library->log(program, text) == 0;
    const bool fine = got && put(STDERR_FILENO, text, size - 1);
    free(text);
    return !got ? fail("nvrtcGetProgramLog", "failed") : fine ? 0 : EXIT_OURS;
}

static int leave_cubin(const struct library *library, nvrtc_program program)
{
    size_t size = 0;
    if (library->cubin_size(program, &size) != 0 || size == 0)
        return fail("nvrtcGetCUBINSize", "failed");
    char *const bytes = malloc(size);
    if (bytes == NULL)
        return EXIT_CRASHED;
    const bool got = library->cubin(program, bytes) == 0;
    const bool fine = got && put(STDOUT_FILENO, bytes, size);
    free(bytes);
    return !got ? fail("nvrtcGetCUBIN", "failed") : fine ? 0 : EXIT_OURS;
}
