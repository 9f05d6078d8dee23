/* The vendor's products in the sizes of the ranked cases, for make bench-gpu: cuBLAS and the CUDA
 * runtime, found at run time, so that this compiles without a toolkit. Single precision runs
 * without tensor cores (the library's default), as the contract has it; bytes give 32-bit integers
 * through cublasGemmEx. Prints the median of RUNS by events. Rows called "peak" are what the device
 * reaches at best: of large products, and of a copy within its memory, reads and writes counted.
 * Numbers and signatures as in cublas_api.h of CUDA 12 and 13. No device has run it yet. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS 11
#define OP_N 0
#define OP_T 1
#define TYPE_I8 3
#define TYPE_I32 10
#define COMPUTE_I32 72
#define ALGO_DEFAULT (-1)
#define COPY_BYTES ((size_t)2 << 30)
#define COPY_WITHIN 3

struct vendor {
    int (*device_count)(int *out);
    int (*memory_new)(void **out, size_t bytes);
    int (*memory_free)(void *at);
    int (*memory_set)(void *at, int value, size_t bytes);
    int (*memory_copy)(void *to, const void *from, size_t bytes, int kind);
    int (*event_new)(void **out);
    int (*event_record)(void *event, void *stream);
    int (*event_wait)(void *event);
    int (*event_elapsed)(float *out_ms, void *from, void *to);
    int (*create)(void **out);
    int (*sgemm)(void *handle, int ta, int tb, int m, int n, int k, const float *alpha,
                 const float *a, int lda, long long stride_a, const float *b, int ldb,
                 long long stride_b, const float *beta, float *c, int ldc, long long stride_c,
                 int batch);
    int (*gemm)(void *handle, int ta, int tb, int m, int n, int k, const void *alpha, const void *a,
                int type_a, int lda, const void *b, int type_b, int ldb, const void *beta, void *c,
                int type_c, int ldc, int compute, int algo);
    void *handle;
};

static int vendor_load(struct vendor *out);
static void *library_open(const char *name);
static int compare(const void *a, const void *b);
static void measure(const struct vendor *vendor, size_t index);
static int multiply(const struct vendor *vendor, size_t index, void *const at[3]);
static void copy(const struct vendor *vendor);

static const struct product {
    const char *assignment, *what;
    int m, n, k, batch, transposed_a, bytes;
} products[] = {
    {"peak", "fp32", 8192, 8192, 8192, 1, 0, 0},
    {"peak", "int8", 8192, 8192, 8192, 1, 1, 1},
    {"attention", "q k^T, 32 heads of prefill", 4096, 4096, 128, 32, 1, 0},
    {"attention", "p v, 32 heads of prefill", 128, 4096, 4096, 32, 0, 0},
    {"lstm_cell", "x Wih^T of sequence", 4096, 512 * 64, 1024, 1, 1, 0},
    {"lstm_cell", "h Whh^T, one step", 4096, 64, 1024, 1, 1, 0},
    {"pca", "X^T X of tall", 512, 512, 131072, 1, 0, 0},
    {"quantized_matmul", "layer, int8", 8192, 8192, 8192, 1, 1, 1},
};

int main(void)
{
    struct vendor vendor;
    int count = 0;

    if (!vendor_load(&vendor))
        return 0;
    if (vendor.device_count(&count) != 0 || count < 1 || vendor.create(&vendor.handle) != 0) {
        puts("skipped: no GPU");
        return 0;
    }
    printf("%-18s %-28s %12s %10s\n", "assignment", "product", "vendor_us", "TFLOP/s");
    for (size_t i = 0; i < sizeof products / sizeof products[0]; i++)
        measure(&vendor, i);
    copy(&vendor);
    return 0;
}

static int vendor_load(struct vendor *out)
{
    const struct {
        int blas;
        const char *name;
        size_t place;
    } calls[] = {
        {0, "cudaGetDeviceCount", offsetof(struct vendor, device_count)},
        {0, "cudaMalloc", offsetof(struct vendor, memory_new)},
        {0, "cudaFree", offsetof(struct vendor, memory_free)},
        {0, "cudaMemset", offsetof(struct vendor, memory_set)},
        {0, "cudaMemcpy", offsetof(struct vendor, memory_copy)},
        {0, "cudaEventCreate", offsetof(struct vendor, event_new)},
        {0, "cudaEventRecord", offsetof(struct vendor, event_record)},
        {0, "cudaEventSynchronize", offsetof(struct vendor, event_wait)},
        {0, "cudaEventElapsedTime", offsetof(struct vendor, event_elapsed)},
        {1, "cublasCreate_v2", offsetof(struct vendor, create)},
        {1, "cublasSgemmStridedBatched", offsetof(struct vendor, sgemm)},
        {1, "cublasGemmEx", offsetof(struct vendor, gemm)},
    };
    void *const libraries[2] = {library_open("libcudart.so"), library_open("libcublas.so")};

    if (libraries[0] == NULL || libraries[1] == NULL) {
        puts("skipped: no libcudart or libcublas");
        return 0;
    }
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        void *const symbol = dlsym(libraries[calls[i].blas], calls[i].name);
        if (symbol == NULL) {
            printf("skipped: the vendor's library lacks %s\n", calls[i].name);
            return 0;
        }
        memcpy((char *)out + calls[i].place, &symbol, sizeof symbol);
    }
    return 1;
}

static void *library_open(const char *name)
{
    static const char *const folders[] = {"", "/usr/local/cuda/lib64/"};
    static const char *const endings[] = {".13", ".12", ""};
    char path[256];

    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 3; j++) {
            (void)snprintf(path, sizeof path, "%s%s%s", folders[i], name, endings[j]);
            void *const library = dlopen(path, RTLD_NOW);
            if (library != NULL)
                return library;
        }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void measure(const struct vendor *vendor, size_t index)
{
    const struct product *const p = &products[index];
    const size_t in = p->bytes ? 1 : 4, batch = (size_t)p->batch;
    const size_t sizes[3] = {(size_t)p->m * (size_t)p->k * batch * in,
                             (size_t)p->k * (size_t)p->n * batch * in,
                             (size_t)p->m * (size_t)p->n * batch * 4};
    void *at[3] = {NULL, NULL, NULL}, *begin = NULL, *end = NULL;
    float took_ms[RUNS];

    int code = vendor->event_new(&begin) | vendor->event_new(&end);
    for (int i = 0; i < 3 && code == 0; i++)
        code = vendor->memory_new(&at[i], sizes[i]);
    for (int i = 0; i < 3 && code == 0; i++)
        code = vendor->memory_set(at[i], 1, sizes[i]); /* bytes of 1; tiny floats, but no zeros */
    for (int i = -3; i < RUNS && code == 0; i++) {
        code = vendor->event_record(begin, NULL) | multiply(vendor, index, at) |
               vendor->event_record(end, NULL) | vendor->event_wait(end);
        if (code == 0 && i >= 0)
            code = vendor->event_elapsed(&took_ms[i], begin, end);
    }
    for (int i = 0; i < 3; i++)
        (void)vendor->memory_free(at[i]); /* NULL is fine */
    if (code != 0) {
        printf("%-18s %-28s failed: %d\n", p->assignment, p->what, code);
        return;
    }
    qsort(took_ms, RUNS, sizeof took_ms[0], compare);
    const double us = 1e3 * (double)took_ms[RUNS / 2];
    printf("%-18s %-28s %12.1f %10.2f\n", p->assignment, p->what, us,
           2.0 * p->m * p->n * p->k * p->batch / us / 1e6);
}

/* Column by column, as the library counts: c (m, n) = a b. */
static int multiply(const struct vendor *vendor, size_t index, void *const at[3])
{
    const struct product *const p = &products[index];
    const float one = 1, zero = 0;
    const int whole = 1, none = 0, ta = p->transposed_a ? OP_T : OP_N;
    const int lda = p->transposed_a ? p->k : p->m;
    const long long m = p->m, n = p->n, k = p->k;

    if (p->bytes)
        return vendor->gemm(vendor->handle, ta, OP_N, p->m, p->n, p->k, &whole, at[0], TYPE_I8, lda,
                            at[1], TYPE_I8, p->k, &none, at[2], TYPE_I32, p->m, COMPUTE_I32,
                            ALGO_DEFAULT);
    return vendor->sgemm(vendor->handle, ta, OP_N, p->m, p->n, p->k, &one, at[0], lda, m * k, at[1],
                         p->k, k * n, &zero, at[2], p->m, m * n, p->batch);
}

static void copy(const struct vendor *vendor)
{
    void *from = NULL, *to = NULL, *begin = NULL, *end = NULL;
    float took_ms[RUNS];

    int code = vendor->event_new(&begin) | vendor->event_new(&end) |
               vendor->memory_new(&from, COPY_BYTES) | vendor->memory_new(&to, COPY_BYTES);
    if (code == 0)
        code = vendor->memory_set(from, 1, COPY_BYTES);
    for (int i = -3; i < RUNS && code == 0; i++) {
        code = vendor->event_record(begin, NULL) |
               vendor->memory_copy(to, from, COPY_BYTES, COPY_WITHIN) |
               vendor->event_record(end, NULL) | vendor->event_wait(end);
        if (code == 0 && i >= 0)
            code = vendor->event_elapsed(&took_ms[i], begin, end);
    }
    (void)vendor->memory_free(from); /* NULL is fine */
    (void)vendor->memory_free(to);   /* likewise */
    if (code != 0) {
        printf("%-18s %-28s failed: %d\n", "peak", "memory, TB/s", code);
        return;
    }
    qsort(took_ms, RUNS, sizeof took_ms[0], compare);
    const double us = 1e3 * (double)took_ms[RUNS / 2];
    printf("%-18s %-28s %12.1f %10.3f\n", "peak", "memory, TB/s", us, 2.0 * COPY_BYTES / us / 1e6);
}
