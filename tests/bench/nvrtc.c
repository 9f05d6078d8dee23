/* From a CUDA source to an audited cubin in a warm worker, and nvcc beside it, by turns in one run;
 * each time a source that nobody has seen. usage: bench_nvrtc ROUNDS FOLDER */
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "worker/compile_cuda.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROUNDS_MAX 100
#define WARM_MS 1500 /* between sources: a student takes longer */

struct bench {
    struct toolchain toolchain;
    struct cuda_toolchain cuda;
    struct nvrtc nvrtc;
    struct spec spec;
    struct cuda_program program;
};

static void fine(struct err err);
static double ours(struct bench *bench, const struct buf *source);
static double nvcc(const char *folder, const char *name, const struct buf *source);
static double median(double *values, int count);
static int by_value(const void *left, const void *right);

int main(int argc, char **argv)
{
    static const char *const names[] = {"attention", "gradient_descent", "lstm_cell", "pca",
                                        "quantized_matmul"};
    static struct bench bench;
    static double ms[2][ROUNDS_MAX];
    const int wanted = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 5;
    const int rounds = wanted < 1 ? 1 : wanted > ROUNDS_MAX ? ROUNDS_MAX : wanted;
    char path[4200];

    fine(toolchain_find(&bench.toolchain, NULL));
    cuda_toolchain_find(&bench.cuda, "");
    (void)snprintf(path, sizeof path, "%s/../sandbox", bench.toolchain.runtime);
    const struct sandbox_options options = {.program = path, .name = "bench-nvrtc"};
    nvrtc_init(&bench.nvrtc, &options);
    if (argc < 3 || !bench.cuda.present) {
        printf("%s\n", argc < 3 ? "usage: bench_nvrtc ROUNDS FOLDER" : bench.cuda.why);
        return argc < 3 ? 64 : 0;
    }
    for (size_t a = 0; a < COUNT(names); a++) {
        char file[200];
        (void)snprintf(file, sizeof file, "assignments/%s/assignment.json", names[a]);
        fine(spec_load(&bench.spec, file));
        for (int round = 0; round < rounds; round++) {
            auto_buf struct buf source = buf_of(1 << 20);
            (void)snprintf(file, sizeof file, "tests/submissions/%s/cuda/naive.cu", names[a]);
            fine(fdio_read_file(file, &source));
            buf_printf(&source, "/* %d %d */\n", (int)getpid(), round);
            fine(nvrtc_warm(&bench.nvrtc));
            (void)usleep(WARM_MS * 1000);
            ms[0][round] = ours(&bench, &source);
            ms[1][round] = nvcc(argv[2], names[a], &source);
        }
        const double mine = median(ms[0], rounds), theirs = median(ms[1], rounds);
        /* Sorted by now. What others do on the machine shows in the median first. */
        printf("%-18s ours %6.1f ms   nvcc -cubin %7.1f ms   (medians of %d; best %.1f, %.1f)\n",
               names[a], mine, theirs, rounds, ms[0][0], ms[1][0]);
    }
    nvrtc_release(&bench.nvrtc);
    return 0;
}

static void fine(struct err err)
{
    if (!err_is(err))
        return;
    fprintf(stderr, "bench_nvrtc: %s\n", err.text);
    exit(1);
}

static double ours(struct bench *bench, const struct buf *source)
{
    struct wire_compiled result;
    const struct cuda_source given = {
        .file_name = "bench.cu", .text = source->at, .size = source->size};
    const int64_t started_us = clock_us();

    fine(compile_cuda(&bench->toolchain, &bench->cuda, &bench->nvrtc, &bench->spec, &given, &result,
                      &bench->program));
    const double took = (double)(clock_us() - started_us) / 1000;
    if (!result.good)
        fine(err_make(ERR_INTERNAL, "%s", result.message));
    wire_compiled_release(&result);
    buf_release(&bench->program.cubin);
    return took;
}

/* -1 without nvcc. The header is a file for it, and the names that NVRTC has built in are options.
 */
static double nvcc(const char *folder, const char *name, const struct buf *source)
{
    char path[300], command[900];

    (void)snprintf(path, sizeof path, "%.200s/bench.cu", folder);
    fine(fdio_write_file(path, source->at, source->size, 0600));
    (void)snprintf(
        command, sizeof command,
        "/usr/local/cuda/bin/nvcc -arch=sm_90 -cubin -w -include cstdint -Iassignments/%s "
        "-o %.200s/bench.cubin %s",
        name, folder, path);
    const int64_t started_us = clock_us();
    const int code = system(command);
    return code == 0 ? (double)(clock_us() - started_us) / 1000 : -1;
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

static int by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}
