/* The CUDA compile stage: the audit and the log on real cubins, and the whole of it in a real jail.
 * Where this host has no NVRTC, the tests that need it are skipped. */
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/jail_tools.h"
#include "tests/unit/support/check.h"
#include "worker/compile_cuda.h"
#include "worker/cubin.h"
#include "worker/cuda_log.h"
#include "worker/gpu_arch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KERNEL(arguments, body) "extern \"C\" __global__ void k(" arguments ")\n{\n" body "\n}\n"
#define LINE "//@ launch k<<<Tq, 128>>>(n, o)\n"

struct bench {
    struct toolchain toolchain;
    struct cuda_toolchain cuda;
    struct nvrtc nvrtc;
    struct spec spec;
    struct cuda_program program;
    char slot[4200];
    const char *file_name;
    bool practice;
};

static int bench_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    char path[4200];
    if (bench == NULL)
        return -1;
    bench->file_name = "attention.cu";
    struct err err = toolchain_find(&bench->toolchain, NULL);
    (void)snprintf(path, sizeof path, "%s/assignments/attention/assignment.json",
                   bench->toolchain.home);
    if (!err_is(err))
        err = spec_load(&bench->spec, path);
    if (err_is(err)) {
        print_error("%s\n", err.text);
        return -1;
    }
    (void)snprintf(bench->slot, sizeof bench->slot, "%s/../sandbox", bench->toolchain.runtime);
    const struct sandbox_options options = {.program = bench->slot, .name = "test-nvrtc"};
    nvrtc_init(&bench->nvrtc, &options);
    /* As the slot looks: beside build/sandbox, not beside this program. */
    cuda_toolchain_find(&bench->cuda, "");
    struct jail_tools tools;
    bool has = !err_is(jail_tools_find(&tools)) && tools.nvrtc[0] != '\0';
    err = nvrtc_warm(&bench->nvrtc);
    if (has && err_is(err)) {
        print_error("there is an NVRTC, but it does not start: %s\n", err.text);
        return -1;
    }
    if (!err_is(err)) {
        bench->cuda.present = true;
        (void)snprintf(bench->cuda.compiler, sizeof bench->cuda.compiler, "nvrtc");
        (void)snprintf(bench->cuda.identity, sizeof bench->cuda.identity, "test");
    }
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *bench = *state;
    nvrtc_release(&bench->nvrtc);
    free(bench);
    return 0;
}

static struct bench *bench_of(void **state)
{
    struct bench *bench = *state;
    if (!bench->cuda.present) {
        print_message("skipped: no CUDA toolkit (libnvrtc) on this host\n");
        skip();
    }
    return bench;
}

static struct wire_compiled compile(struct bench *bench, const char *source)
{
    struct wire_compiled result;
    const struct cuda_source given = {.file_name = bench->file_name,
                                      .text = source,
                                      .size = strlen(source),
                                      .practice = bench->practice};
    buf_release(&bench->program.cubin);
    struct err err = compile_cuda(&bench->toolchain, &bench->cuda, &bench->nvrtc, &bench->spec,
                                  &given, &result, &bench->program);
    buf_release(&bench->program.cubin);
    if (err_is(err))
        fail_msg("our failure: %s", err.text);
    return result;
}

static void refused(struct bench *bench, const char *source, const char *code, const char *says)
{
    struct wire_compiled result = compile(bench, source);
    if (result.good || strcmp(result.code, code) != 0 ||
        (strstr(result.message, says) == NULL && strstr(result.diagnostics, says) == NULL))
        fail_msg("%s: got good %d code '%s' message '%s' diagnostics '%s', wanted '%s'", source,
                 result.good, result.code, result.message, result.diagnostics, says);
    assert_null(strstr(result.diagnostics, "/usr/"));
    assert_null(strstr(result.diagnostics, "ptxas info"));
    wire_compiled_release(&result);
}

static void a_good_source_tells_its_resources(void **state)
{
    struct bench *bench = bench_of(state);
    struct wire_compiled result =
        compile(bench, "//@ launch k<<<Tq, 128, 4*Tk>>>(D, o)\n" KERNEL(
                           "int n, float *o", "__shared__ float s[64]; s[threadIdx.x & 63] = n;\n"
                                              "__syncthreads(); o[threadIdx.x] = s[n & 63];"));
    assert_true(result.good);
    assert_string_equal(result.flags, "sm_90");
    assert_int_equal(result.cuda->kernels_count, 1);
    assert_string_equal(result.cuda->kernels[0].name, "k");
    assert_in_range(result.cuda->kernels[0].registers, 4, 64);
    assert_int_equal(result.cuda->kernels[0].shared_bytes, 256);
    assert_int_equal(result.cuda->kernels[0].dynamic_bytes, 4 * 4096); /* of the largest case */
    assert_int_equal(result.cuda->kernels[0].threads, 128);
    assert_in_range(result.cuda->kernels[0].occupancy, 50, 100);
    assert_int_equal(result.cuda->launches_count, 1);
    assert_string_equal(result.cuda->launches[0], "k<<<Tq, 128, 4*Tk>>>");
    assert_int_equal(result.errors, 0);
    wire_compiled_release(&result);
}

static void each_mistake_is_refused_by_name_and_line(void **state)
{
    struct bench *bench = bench_of(state);
    static const struct {
        const char *source, *code, *says;
    } rows[] = {
        {KERNEL("int n, float *o", ""), "launch_line", "no launch line"},
        {"\n//@ launch k<<<Tq>>>(o)\n", "launch_line", "    2 | //@ launch k<<<Tq>>>(o)"},
        {"//@ launch k<<<1, 3*Tq>>>(o)\n", "launch_bounds", "in a hidden case"},
        {"//@ launch k<<<1, Tq*100>>>(o)\n", "launch_bounds", "line 1: block.x is 1700"},
        {LINE "int main(void) { return 0; }\n", "launch_line", "no size"},
        {"//@ launch k<<<Tq, 128>>>(D, o)\nint main(void)\n{ return 0; }\n", "syntax",
         "attention.cu:2"},
        {"//@ launch k<<<Tq, 128>>>(D, o)\nvoid host(int *x)\n{ *x = 1; }\n", "syntax", "host"},
        {"//@ launch k<<<Tq, 128>>>(D, o)\n" KERNEL("int n, float *o", "int z; o[0] = 1"), "syntax",
         "attention.cu:5: error: "},
        {"//@ launch f<<<Tq, 128>>>(D, o)\n" KERNEL("int n, float *o", ""), "missing_kernel",
         "line 1 launches 'f'"},
        {"//@ launch k<<<Tq, 128>>>(D, o)\n__global__ void k(int n, float *o) {}\n",
         "missing_kernel", "extern \"C\""},
        {"//@ launch k<<<Tq, 128>>>(o)\n" KERNEL("int n, float *o", ""), "wrong_arguments",
         "line 1 passes 1 arguments to 'k', which takes 2"},
        {"//@ launch k<<<Tq, 128>>>(q, o)\n" KERNEL("int n, float *o", ""), "wrong_arguments",
         "passes a pointer as argument 1 of 'k', which takes 4 bytes"},
        {"//@ launch k<<<Tq, 128>>>(D, o)\n#include <stdio.h>\n", "syntax", "stdio.h"},
        {"//@ launch k<<<Tq, 128>>>(D, o)\n#include \"/etc/passwd\"\n", "syntax", "/etc/passwd"},
        {"//@ launch k<<<Tq, 128>>>(D, o)\n" KERNEL("int n, float *o", "printf(\"%d\", n);"),
         "device_runtime", "vprintf"},
        {"//@ launch k<<<Tq, 128>>>(D, o)\n" KERNEL("int n, float *o",
                                                    "o[0] = *(float *)malloc(n);"),
         "device_runtime", "malloc"},
        {"//@ launch k<<<Tq, 128>>>(D, o)\n__device__ float big[20000000];\n" KERNEL(
             "int n, float *o", "big[n] = 1; o[0] = big[n + 1];"),
         "static_memory", "64 MiB"},
        {"//@ launch k<<<Tq, 128>>>(D, o)\n" KERNEL(
             "int n, float *o",
             "float s[9000]; for (int i = 0; i < 9000; i++) s[i] = o[i * n]; o[0] = s[n];"),
         "stack_memory", "at most 16384"},
        {"//@ launch k<<<Tq, 128, 200000>>>(D, o)\n" KERNEL(
             "int n, float *o",
             "__shared__ float s[12000]; s[n] = o[n]; __syncthreads(); o[0] = s[n + 1];"),
         "launch_bounds", "line 1: 248000 bytes of shared memory"},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        refused(bench, rows[i].source, rows[i].code, rows[i].says);
}

/* What every assignment ships compiles, and what it ships as a start does too. */
static void starters_and_solutions_compile(void **state)
{
    struct bench *bench = bench_of(state);
    static const char *const names[] = {"attention", "gradient_descent", "lstm_cell", "pca",
                                        "quantized_matmul"};
    static const char *const files[] = {"assignments/%s/starter.cu",
                                        "tests/submissions/%s/cuda/naive.cu",
                                        "reference/%s/baseline.cu", "reference/%s/expert.cu"};
    const struct spec kept = bench->spec;

    for (size_t i = 0; i < COUNT(names) * COUNT(files); i++) { /* of each assignment */
        char path[200];
        auto_buf struct buf text = buf_of(1 << 20);
        (void)snprintf(path, sizeof path, "assignments/%s/assignment.json",
                       names[i / COUNT(files)]);
        assert_false(err_is(spec_load(&bench->spec, path)));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void)snprintf(path, sizeof path, files[i % COUNT(files)], names[i / COUNT(files)]);
#pragma GCC diagnostic pop
        assert_false(err_is(fdio_read_file(path, &text)));
        struct wire_compiled result = compile(bench, text.at);
        if (!result.good || result.warnings > 0)
            fail_msg("%s: %s %s\n%s", path, result.code, result.message, result.diagnostics);
        wire_compiled_release(&result);
    }
    bench->spec = kept;
}

/* The hostile sources: `refused` end here, with the code of their first line; those of `hostile`
 * are for a device, and only shown to compile. */
static void hostile_sources_are_refused_as_they_say_or_compile(void **state)
{
    struct bench *bench = bench_of(state);
    static const char *const folders[] = {"refused", "hostile"};
    int tried = 0;

    nvrtc_release(&bench->nvrtc);
    bench->nvrtc.cpu_ms = 6000; /* of the usual 10 s: one of them takes whatever there is */
    for (size_t f = 0; f < COUNT(folders); f++) {
        char folder[100], path[400], wanted[32];
        struct dirent **names = NULL;
        (void)snprintf(folder, sizeof folder, "tests/submissions/attention/cuda/%s", folders[f]);
        const int count = scandir(folder, &names, NULL, alphasort);
        for (int i = 0; i < count; i++) {
            auto_buf struct buf text = buf_of(1 << 20);
            (void)snprintf(path, sizeof path, "%s/%.200s", folder, names[i]->d_name);
            if (names[i]->d_type == DT_REG && !err_is(fdio_read_file(path, &text))) {
                assert_int_equal(sscanf(text.at, "/* expect: %31[a-z_]", wanted), 1);
                struct wire_compiled result = compile(bench, text.at);
                if (result.good != (f == 1) || (f == 0 && strcmp(result.code, wanted) != 0))
                    fail_msg("%s: %s %s\n%s", path, result.code, result.message,
                             result.diagnostics);
                wire_compiled_release(&result);
                tried++;
            }
            free(names[i]);
        }
        free(names);
    }
    assert_in_range(tried, 20, 200);
    nvrtc_release(&bench->nvrtc);
    bench->nvrtc.cpu_ms = 0;
}

static void a_bomb_ends_at_a_limit_and_the_next_source_compiles(void **state)
{
    struct bench *bench = bench_of(state);
    static const char bomb[] = "//@ launch k<<<Tq, 128>>>(D, o)\n"
                               "template <int a, int b> struct s { static const int v = s<a - 1, "
                               "2 * b>::v + s<a - 1, 2 * b + 1>::v; };\n"
                               "template <int b> struct s<0, b> { static const int v = b; };\n"
                               "__device__ int x = s<26, 0>::v;\n" KERNEL("int n, float *o", "");
    nvrtc_release(&bench->nvrtc);
    bench->nvrtc.cpu_ms = 3000; /* a bomb is as good as any of 10 s */
    struct wire_compiled result = compile(bench, bomb);
    bench->nvrtc.cpu_ms = 0;
    assert_false(result.good);
    if (strcmp(result.code, "compile_limit") != 0)
        fail_msg("%s %s", result.code, result.message);
    wire_compiled_release(&result);
    result = compile(bench, "//@ launch k<<<Tq, 128>>>(D, o)\n" KERNEL("int n, float *o", ""));
    assert_true(result.good);
    wire_compiled_release(&result);
}

static void reports_and_resources_are_read_from_the_log(void **state)
{
    (void)state;
    static const char log[] =
        "a.cu(12): error: identifier \"x\" is undefined\n      x = 1;\n      ^\n\n"
        "a.cu(3): warning #177-D: variable \"y\" was declared but never referenced\n"
        "1 error detected in the compilation of \"a.cu\".\n"
        "ptxas info    : Compiling entry function 'k' for 'sm_90'\n"
        "ptxas         .     8 bytes stack frame, 16 bytes spill stores, 24 bytes spill loads\n"
        "ptxas info    : Used 255 registers, used 1 barriers, 256 bytes smem\n";
    struct wire_kernel kernels[WIRE_KERNELS_MAX];
    auto_buf struct buf reports = buf_of(65536);

    assert_int_equal(cuda_log_read(log, strlen(log), &reports, kernels), 1);
    assert_string_equal(kernels[0].name, "k");
    assert_int_equal(kernels[0].spill_bytes, 40);
    assert_string_equal(reports.at,
                        "a.cu:12: error: identifier \"x\" is undefined\n      x = 1;\n      ^\n"
                        "a.cu:3: warning: variable \"y\" was declared but never referenced\n");
}

/* `#line` names any file: what a student writes that way is no resource. */
static void what_a_student_says_of_resources_is_not_believed(void **state)
{
    struct bench *bench = bench_of(state);
    static const char forged[] =
        "//@ launch k<<<Tq, 128>>>(D, o)\n"
        "#line 1 \"ptxas info    : Compiling entry function 'k' for 'sm_90'\"\n"
        "static __device__ int unused_one() { int x; return 0; }\n"
        "#line 1 \"ptxas info    : Used 134217728 registers, 70000 bytes smem\"\n"
        "static __device__ int unused_two() { int y; return 0; }\n" KERNEL("int n, float *o",
                                                                           "o[n] = 1;");
    struct wire_compiled result = compile(bench, forged);
    assert_true(result.good);
    assert_in_range(result.cuda->kernels[0].registers, 4, 64);
    assert_int_equal(result.cuda->kernels[0].shared_bytes, 0);
    wire_compiled_release(&result);

    bench->file_name = "ptxas.cu"; /* every report of it would look like the assembler's */
    result =
        compile(bench, "//@ launch k<<<Tq, 128>>>(D, o)\n" KERNEL("int n, float *o", "x = 1;"));
    bench->file_name = "attention.cu";
    assert_false(result.good);
    assert_int_equal(result.errors, 1);
    assert_non_null(strstr(result.diagnostics, "attention.cu:4: error: "));
    wire_compiled_release(&result);
}

/* Seventeen and more kernels: each has its own numbers. */
static void all_kernels_that_are_launched_are_told(void **state)
{
    struct bench *bench = bench_of(state);
    auto_buf struct buf source = buf_of(65536);

    for (int i = 0; i < LAUNCH_STEPS_MAX; i++)
        buf_printf(&source, "//@ launch k%d<<<Tq, 128>>>(D, o)\n", i);
    for (int i = 0; i < LAUNCH_STEPS_MAX; i++)
        buf_printf(&source,
                   "extern \"C\" __global__ void k%d(int n, float *o)\n{\n"
                   "    __shared__ float s[%d];\n    s[threadIdx.x %% %d] = o[n];\n"
                   "    __syncthreads();\n    o[n] = s[n %% %d];\n}\n",
                   i, i + 1, i + 1, i + 1);
    struct wire_compiled result = compile(bench, source.at);
    assert_true(result.good);
    assert_int_equal(result.cuda->kernels_count, LAUNCH_STEPS_MAX);
    for (int i = 0; i < LAUNCH_STEPS_MAX; i++)
        assert_int_equal(result.cuda->kernels[i].shared_bytes, 4 * (i + 1));
    wire_compiled_release(&result);
}

/* Practice knows nothing of hidden sizes, and a refusal for one does not say which line it was. */
static void hidden_sizes_are_not_read_out_by_launch_lines(void **state)
{
    struct bench *bench = bench_of(state);
    static const char probe[] =
        "//@ launch k<<<1, (Tk-Tq)*20+1>>>(D, o)\n" KERNEL("int n, float *o", "");

    struct wire_compiled result = compile(bench, probe);
    assert_string_equal(result.code, "launch_bounds");
    assert_null(strstr(result.message, "line 1"));
    assert_string_equal(result.diagnostics, "");
    wire_compiled_release(&result);
    bench->practice = true;
    result = compile(bench, probe);
    bench->practice = false;
    assert_true(result.good);
    wire_compiled_release(&result);
}

/* Reports up to the brim leave room for the launch line that is refused. */
static void many_warnings_and_a_refused_line_are_no_failure_of_ours(void **state)
{
    struct bench *bench = bench_of(state);
    for (int width = 0; width < 4; width++) {
        auto_buf struct buf source = buf_of(1 << 20);
        buf_text(&source, "//@ launch f<<<Tq, 128>>>(D, o)\n");
        for (int i = 0; i < 99; i++)
            buf_printf(&source, "static __device__ int f%d() { int unused_%0*d; return 0; }\n", i,
                       100 + width, i);
        buf_text(&source, KERNEL("int n, float *o", ""));
        struct wire_compiled result = compile(bench, source.at);
        assert_string_equal(result.code, "missing_kernel");
        assert_in_range(strlen(result.diagnostics), 1000, WIRE_DIAGNOSTICS_MAX);
        assert_non_null(strstr(result.diagnostics, "    1 | //@ launch f"));
        wire_compiled_release(&result);
    }
}

/* Figures of NVIDIA's own occupancy tables. */
static void occupancy_is_what_the_tables_say(void **state)
{
    (void)state;
    const struct gpu_arch *h100 = gpu_arch_find("sm_90"), *a10 = gpu_arch_find("sm_86");

    assert_null(gpu_arch_find("sm_9"));
    assert_int_equal(gpu_arch_occupancy(h100, 32, 0, 128), 100);
    assert_int_equal(gpu_arch_occupancy(h100, 64, 0, 256), 50);
    assert_int_equal(gpu_arch_occupancy(h100, 255, 0, 128), 12);
    assert_int_equal(gpu_arch_occupancy(h100, 32, 100 << 10, 128), 12);
    assert_int_equal(gpu_arch_occupancy(a10, 32, 0, 1024), 66);
    assert_int_equal(gpu_arch_occupancy(h100, 32, 0, 32), 50); /* 32 blocks at once */
    assert_true(gpu_arch_registers_fit(64, 1024));
    assert_false(gpu_arch_registers_fit(65, 1024));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_and_resources_are_read_from_the_log),
        cmocka_unit_test(occupancy_is_what_the_tables_say),
        cmocka_unit_test(a_good_source_tells_its_resources),
        cmocka_unit_test(each_mistake_is_refused_by_name_and_line),
        cmocka_unit_test(starters_and_solutions_compile),
        cmocka_unit_test(hostile_sources_are_refused_as_they_say_or_compile),
        cmocka_unit_test(what_a_student_says_of_resources_is_not_believed),
        cmocka_unit_test(all_kernels_that_are_launched_are_told),
        cmocka_unit_test(hidden_sizes_are_not_read_out_by_launch_lines),
        cmocka_unit_test(many_warnings_and_a_refused_line_are_no_failure_of_ours),
        cmocka_unit_test(a_bomb_ends_at_a_limit_and_the_next_source_compiles),
    };
    return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
