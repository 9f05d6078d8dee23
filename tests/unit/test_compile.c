/* The whole compile stage in a real jail, and one real call through the runner. */
#include "sandbox/base/clock.h"
#include "sandbox/base/err.h"
#include "sandbox/base/fdio.h"
#include "tests/unit/support/check.h"
#include "worker/cache.h"
#include "worker/compile.h"
#include "worker/diagnostics.h"
#include "worker/runtime/control.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "#include \"attention.h\"\n"
#define SIGNATURE                                                                                  \
    "void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q,"                 \
    " const float *restrict k, const float *restrict v, const int *restrict kvlen, int causal,"    \
    " float *restrict o)\n"
#define KERNEL(body) HEAD "#include <stdio.h>\n#include <math.h>\n" SIGNATURE "{" body "}\n"

struct bench {
    struct toolchain toolchain;
    struct spec spec;
    struct sandbox *slot;
    char why[200]; /* no slot on this host: the reason */
};

static int bench_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    char path[4200];
    if (bench == NULL)
        return -1;
    struct err err = toolchain_find(&bench->toolchain, NULL);
    (void)snprintf(path, sizeof path, "%s/assignments/attention/assignment.json",
                   bench->toolchain.home);
    if (!err_is(err))
        err = spec_load(&bench->spec, path);
    if (err_is(err)) {
        print_error("%s\n", err.text);
        return -1;
    }
    (void)snprintf(path, sizeof path, "%s/../sandbox", bench->toolchain.runtime);
    const struct sandbox_options options = {.program = path, .name = "test-compile"};
    err = sandbox_open(&options, &bench->slot);
    if (err_is(err))
        (void)snprintf(bench->why, sizeof bench->why, "%s", err.text);
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *bench = *state;
    sandbox_close(bench->slot);
    free(bench);
    return 0;
}

static struct bench *bench_of(void **state)
{
    struct bench *bench = *state;
    if (bench->slot == NULL) {
        print_message("skipped: no sandbox here: %s\n", bench->why);
        skip();
    }
    return bench;
}

/* Compiles; our own failures fail the test. The caller frees diagnostics and closes the program. */
static void compile(struct bench *bench, const char *source, struct wire_compiled *result,
                    int *program)
{
    struct err err = compile_source(&bench->toolchain, bench->slot, &bench->spec, "attention.c",
                                    source, strlen(source), result, program);
    if (err_is(err))
        fail_msg("ours: %s", err.text);
}

static void done_with(struct wire_compiled *result, int program)
{
    wire_compiled_release(result);
    if (program >= 0)
        (void)close(program); /* a memfd */
}

/* -- running what was compiled ----------------------------------------------------------------- */

struct stage {
    struct control *control;
    float *inputs, *outputs;
    int fds[FD_COUNT];
};

static int page_fd(const char *name, size_t size, void **out)
{
    int fd = -1;
    assert_false(err_is(fdio_memfd(name, size, &fd)));
    *out = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(*out, MAP_FAILED);
    return fd;
}

/* All sizes 1, one page of inputs and one of outputs, a guard page behind each. */
static void stage_make(struct stage *stage)
{
    void *control, *inputs, *outputs;
    *stage = (struct stage){0};
    stage->fds[FD_CONTROL] = page_fd("control", CONTROL_PAGE, &control);
    stage->fds[FD_INPUTS] = page_fd("inputs", (size_t)2 * CONTROL_PAGE, &inputs);
    stage->fds[FD_OUTPUTS] = page_fd("outputs", (size_t)2 * CONTROL_PAGE, &outputs);
    stage->fds[FD_GO] = eventfd(0, EFD_CLOEXEC);
    stage->fds[FD_DONE] = eventfd(0, EFD_CLOEXEC);
    assert_false(err_is(fdio_memfd("stdout", 0, &stage->fds[FD_STDOUT])));
    assert_false(err_is(fdio_memfd("stderr", 0, &stage->fds[FD_STDERR])));
    stage->control = control;
    stage->inputs = inputs;
    stage->outputs = outputs;

    stage->control->arguments_count = 11;
    stage->control->inputs_bytes = stage->control->outputs_bytes = (size_t)2 * CONTROL_PAGE;
    stage->control->guards_count = 2;
    stage->control->guards[0] = CONTROL_PAGE;
    stage->control->guards[1] = CONTROL_PAGE | 1;
    for (int i = 0; i < 5; i++)
        stage->control->values[i] = 1;
    for (unsigned i = 5; i < 9; i++) { /* q, k, v, kvlen: 64 bytes apart */
        stage->control->is_tensor[i] = 1;
        stage->control->places[i] = (uint64_t)(i - 5) * 64;
    }
    ((int32_t *)inputs)[48] = 1; /* kvlen */
    stage->control->is_tensor[10] = 1;
    stage->control->places[10] = (CONTROL_PAGE - 64) | 1;
}

static float *stage_output(struct stage *stage)
{
    return stage->outputs + (CONTROL_PAGE - 64) / sizeof(float);
}

static void stage_start(struct bench *bench, struct stage *stage, int program)
{
    const char *const argv[] = {"kernel", NULL};
    const struct sandbox_request request = {
        .profile = SANDBOX_KERNEL,
        .program_fd = program,
        .argv = argv,
        .fds = stage->fds,
        .fds_count = FD_COUNT,
        .limits = {.wall_ms = 20000,
                   .cpu_ms = 5000,
                   .memory_bytes = (uint64_t)256 << 20,
                   .stack_bytes = (uint64_t)8 << 20,
                   .output_bytes = 65536,
                   .threads = 1},
        .cpu = -1,
    };
    struct err err = sandbox_start(bench->slot, &request);
    if (err_is(err))
        fail_msg("start: %s", err.text);
}

/* It says so before its first call. */
static void stage_ready(const struct stage *stage)
{
    uint64_t number = 0;
    bool ready = false;

    assert_false(err_is(fdio_wait(stage->fds[FD_DONE], 5000, &ready)));
    assert_true(ready);
    assert_int_equal(read(stage->fds[FD_DONE], &number, sizeof number), sizeof number);
    assert_int_equal(number, 1);
}

static bool stage_call(struct stage *stage)
{
    uint64_t number = 1;
    bool ready = false;
    stage->control->go++;
    assert_int_equal(write(stage->fds[FD_GO], &number, sizeof number), sizeof number);
    assert_false(err_is(fdio_wait(stage->fds[FD_DONE], 5000, &ready)));
    if (ready)
        assert_int_equal(read(stage->fds[FD_DONE], &number, sizeof number), sizeof number);
    return ready;
}

static void stage_end(struct bench *bench, struct stage *stage, struct sandbox_result *ended)
{
    bool done = false;
    (void)sandbox_kill(bench->slot); /* may have ended already */
    assert_false(err_is(sandbox_wait(bench->slot, 10000, &done, ended)));
    assert_true(done);
    (void)munmap(stage->control, CONTROL_PAGE);
    (void)munmap(stage->inputs, (size_t)2 * CONTROL_PAGE);
    (void)munmap(stage->outputs, (size_t)2 * CONTROL_PAGE);
    for (size_t i = 0; i < FD_COUNT; i++)
        (void)close(stage->fds[i]); /* memfds and eventfds */
}

static void a_good_kernel_compiles_and_answers(void **state)
{
    struct bench *bench = bench_of(state);
    struct wire_compiled result;
    struct stage stage;
    struct sandbox_result ended;
    int program;

    compile(bench, KERNEL("o[0] = q[0] + 2 * k[0] + expf(0) * v[0] + (float)kvlen[0];"), &result,
            &program);
    if (!result.good)
        fail_msg("%s: %s\n%s", result.code, result.message, result.diagnostics);
    assert_string_equal(result.code, "");
    assert_string_equal(result.message, "");
    assert_string_equal(result.diagnostics, "");
    assert_int_equal(result.errors, 0);
    assert_int_equal(result.warnings, 0);
    assert_true(fcntl(program, F_GET_SEALS) & F_SEAL_WRITE);

    stage_make(&stage);
    stage.inputs[0] = 1;
    stage.inputs[16] = 10;
    stage.inputs[32] = 100;
    stage_start(bench, &stage, program);
    stage_ready(&stage);
    assert_true(stage_call(&stage));
    assert_int_equal(stage.control->done, 1);
    assert_float_equal(stage_output(&stage)[0], 122, 0);
    stage.inputs[32] = 200;
    assert_true(stage_call(&stage));
    assert_int_equal(stage.control->done, 2);
    assert_float_equal(stage_output(&stage)[0], 222, 0);
    stage_end(bench, &stage, &ended);
    assert_int_equal(ended.end, SANDBOX_KILLED);
    done_with(&result, program);
}

static void each_call_starts_in_the_default_float_environment(void **state)
{
    struct bench *bench = bench_of(state);
    struct wire_compiled result;
    struct stage stage;
    struct sandbox_result ended;
    int program;

    compile(bench,
            KERNEL("unsigned short x87; __asm__ volatile(\"fnstcw %0\" : \"=m\"(x87));"
                   "o[0] = (float)__builtin_ia32_stmxcsr(); o[1] = x87;"
                   "__builtin_ia32_ldmxcsr(0xffc0); x87 = 0; "
                   "__asm__ volatile(\"fldcw %0; fld1; fld1; fld1\" :: \"m\"(x87));"),
            &result, &program);
    if (!result.good)
        fail_msg("%s: %s\n%s", result.code, result.message, result.diagnostics);
    stage_make(&stage);
    stage_start(bench, &stage, program);
    stage_ready(&stage);
    for (int i = 0; i < 5; i++) {
        memset(stage_output(&stage), 0, 64);
        assert_true(stage_call(&stage));
        assert_float_equal(stage_output(&stage)[0], 0x1f80, 0);
        assert_float_equal(stage_output(&stage)[1], 0x37f, 0);
    }
    stage_end(bench, &stage, &ended);
    done_with(&result, program);
}

static void rare_names_come_from_the_second_part(void **state)
{
    struct bench *bench = bench_of(state);
    struct wire_compiled result;
    struct stage stage;
    struct sandbox_result ended;
    int program;

    compile(bench,
            HEAD "#include <complex.h>\n#include <math.h>\n#include <errno.h>\n"
                 "typedef float eight __attribute__((vector_size(32)));\n"
                 "eight _ZGVdN8v_expf(eight);\n" SIGNATURE
                 "{ eight x = {q[0]}; o[0] = _ZGVdN8v_expf(x)[0]; o[1] = crealf(cexpf(q[0]));"
                 " o[2] = (float)tgammal((long double)q[0] + 3); o[3] = (float)frexpl(8, &B);"
                 " errno = 0; o[4] = expf(1000 * q[0]) > 1e30f ? (float)errno : 0;"
                 " errno = 0; o[5] = (float)expl(100000 * q[0]) > 1 ? (float)errno : 0; }",
            &result, &program);
    if (!result.good)
        fail_msg("%s: %s\n%s", result.code, result.message, result.diagnostics);
    stage_make(&stage);
    stage.inputs[0] = 1;
    stage_start(bench, &stage, program);
    stage_ready(&stage);
    assert_true(stage_call(&stage));
    assert_float_equal(stage_output(&stage)[0], expf(1), 1e-5);
    assert_float_equal(stage_output(&stage)[1], expf(1), 1e-5);
    assert_float_equal(stage_output(&stage)[2], 6, 1e-5);
    assert_float_equal(stage_output(&stage)[3], 0.5, 0);
    assert_float_equal(stage_output(&stage)[4], 34, 0); /* ERANGE, from the first part */
    assert_float_equal(stage_output(&stage)[5], 34, 0); /* and from the second: one errno */
    stage_end(bench, &stage, &ended);
    done_with(&result, program);
}

static void printing_reaches_stdout_after_the_call(void **state)
{
    struct bench *bench = bench_of(state);
    struct wire_compiled result;
    struct stage stage;
    struct sandbox_result ended;
    int program;
    auto_buf struct buf text = buf_of(4096);

    compile(bench, KERNEL("printf(\"q %g\\n\", q[0]); fprintf(stderr, \"here\\n\"); o[0] = 1;"),
            &result, &program);
    assert_true(result.good);
    stage_make(&stage);
    stage.inputs[0] = 7;
    stage_start(bench, &stage, program);
    stage_ready(&stage);
    assert_true(stage_call(&stage));
    assert_true(stage_call(&stage)); /* the first call's flush is over then */
    assert_false(err_is(fdio_read_start(stage.fds[FD_STDOUT], &text, 4, NULL)));
    assert_string_equal(text.at, "q 7\n");
    buf_clear(&text);
    assert_false(err_is(fdio_read_start(stage.fds[FD_STDERR], &text, 5, NULL)));
    assert_string_equal(text.at, "here\n");
    stage_end(bench, &stage, &ended);
    done_with(&result, program);
}

static void a_write_past_the_output_dies_at_the_guard(void **state)
{
    struct bench *bench = bench_of(state);
    struct wire_compiled result;
    struct stage stage;
    struct sandbox_result ended;
    bool done = false;
    int program;

    compile(bench, KERNEL("for (int i = 0; i <= 16; i++) ((volatile float *)o)[i] = 1;"), &result,
            &program);
    assert_true(result.good);
    stage_make(&stage);
    stage_start(bench, &stage, program);
    stage_ready(&stage);
    uint64_t one = 1;
    stage.control->go = 1;
    assert_int_equal(write(stage.fds[FD_GO], &one, sizeof one), sizeof one);
    assert_false(err_is(sandbox_wait(bench->slot, 10000, &done, &ended)));
    assert_true(done);
    assert_int_equal(ended.end, SANDBOX_SIGNALLED);
    assert_int_equal(ended.signal, 11);
    assert_float_equal(stage_output(&stage)[15], 1, 0);
    for (size_t i = 0; i < FD_COUNT; i++)
        (void)close(stage.fds[i]); /* memfds and eventfds */
    done_with(&result, program);
}

static void a_program_without_its_pages_says_that_it_is_ours(void **state)
{
    struct bench *bench = bench_of(state);
    struct wire_compiled result;
    struct stage stage;
    struct sandbox_result ended;
    bool done = false;
    int program;

    compile(bench, KERNEL("o[0] = 1;"), &result, &program);
    assert_true(result.good);
    stage_make(&stage);
    stage.control->arguments_count = 3;
    stage_start(bench, &stage, program);
    assert_false(err_is(sandbox_wait(bench->slot, 10000, &done, &ended)));
    assert_true(done);
    assert_int_equal(ended.end, SANDBOX_EXITED);
    assert_int_equal(ended.exit_code, CONTROL_EXIT_BROKEN);
    for (size_t i = 0; i < FD_COUNT; i++)
        (void)close(stage.fds[i]); /* memfds and eventfds */
    done_with(&result, program);
}

/* -- what is accepted and refused ---------------------------------------------------------------
 */

static void what_students_write_is_accepted(void **state)
{
    static const char *const sources[] = {
        KERNEL("float s = 0; for (int i = 0; i < D; i++) s += expf(q[i]) * sinf(k[i]); o[0] = s;"),
        HEAD "#include <stdlib.h>\n#include <string.h>\n#include <assert.h>\n" SIGNATURE
             "{ float *s = malloc(64); assert(s); memset(s, 0, 64); o[0] = s[B]; free(s); }",
        HEAD "#include <stddef.h>\nvoid *memcpy(void *restrict a, const void *restrict b, size_t n)"
             "{ char *x = a; const char *y = b; for (size_t i = 0; i < n; i++) x[i] = y[i];"
             " return a; }\n" SIGNATURE
             "{ float t[64]; memcpy(t, q, (size_t)B * 4); o[0] = t[0]; }",
        "#include <stddef.h>\nstatic char heap[1 << 20]; static size_t top;\n"
        "void *malloc(size_t n) { top += n; return heap + top - n; } void free(void *p) { (void)p; "
        "}"
        "\n" HEAD SIGNATURE "{ float *t = malloc(64); o[0] = *t; free(t); }",
        HEAD "static _Thread_local int calls;\n" SIGNATURE "{ o[0] = (float)calls++; }",
        "#pragma GCC optimize(\"Ofast\")\n" HEAD "#include <math.h>\n" SIGNATURE
        "{ for (int i = 0; i < D; i++) o[i] = expf(q[i]) + logf(k[i]) + powf(q[i], v[i])"
        " + sinf(q[i]) + cosf(k[i]); }",
        HEAD "#include <setjmp.h>\n#include <fenv.h>\n#include <complex.h>\n#include <stdio.h>\n"
             "#include <math.h>\nstatic jmp_buf b;\n" SIGNATURE
             "{ if (!setjmp(b)) longjmp(b, 1); fesetround(FE_UPWARD);"
             " o[0] = cabsf(cexpf(q[0] * I)); char s[9]; snprintf(s, 9, \"%d\", B); puts(s);"
             " o[1] = (float)(tgammal(2) + (__int128)B / H); }",
        HEAD "#include <immintrin.h>\n" SIGNATURE
             "{ _mm256_storeu_ps(o, _mm256_fmadd_ps(_mm256_loadu_ps(q), _mm256_loadu_ps(k),"
             " _mm256_loadu_ps(v))); }",
    };
    struct bench *bench = bench_of(state);
    for (size_t i = 0; i < COUNT(sources); i++) {
        struct wire_compiled result;
        int program;
        compile(bench, sources[i], &result, &program);
        if (!result.good)
            fail_msg("%s\n%s: %s\n%s", sources[i], result.code, result.message, result.diagnostics);
        done_with(&result, program);
    }
}

static const struct refused {
    const char *source;
    const char *code;
    const char *message; /* a part */
    const char *said;    /* a part of the diagnostics, NULL: whatever */
} refused[] = {
    {HEAD "\n\nint f(void) { return 1 }\n" SIGNATURE "{}", "syntax", "the compiler found 1 error",
     "attention.c:4:23: error: expected ';' before '}' token"},
    {"this is not C at all", "syntax", "error", "attention.c:1:1: error: unknown type name 'this'"},
    {"#include \"/etc/passwd\"\n" KERNEL(""), "syntax", "1 error",
     "attention.c:1:10: fatal error: /etc/passwd: No such file or directory"},
    {"#include </proc/self/environ>\n" KERNEL(""), "syntax", "1 error", "No such file"},
    {"#include \"../../../../etc/hostname\"\n" KERNEL(""), "syntax", "1 error", "No such file"},
    {"#include __FILE__\n" KERNEL(""), "syntax", "error",
     "attention.c:1:18: error: #include nested depth 30 exceeds"},
    {"#define A(x) x x\n#define B(x) A(A(A(A(A(x)))))\n#define C(x) B(B(B(B(B(x)))))\n"
     "char s[] = C(C(\"0123456789abcdef\"));\n" KERNEL(""),
     "compile_limit", "over 1 GiB of memory", NULL},
    {"char x[1 << 30] = {1};\n" KERNEL(""), "compile_limit", "over 16 MiB of output", NULL},
    {KERNEL("asm(\".incbin \\\"/etc/passwd\\\"\");"), "assembler", "the assembler found 1 error",
     "attention.c:5: Error: file not found: /etc/passwd"},
    {KERNEL("asm(\"frobnicate %eax\");"), "assembler", "1 error",
     "Error: no such instruction: `frobnicate %eax'"},
    {KERNEL("asm(\".fill 1 << 30, 1, 7\");"), "compile_limit", "16 MiB of output", NULL},
    {"int system(const char *);\n" KERNEL("o[0] = (float)system(\"id\");"), "undefined_name",
     "system is not available to a kernel", NULL},
    {"#include <stdio.h>\n" HEAD SIGNATURE "{ o[0] = fopen(\"/etc/passwd\", \"r\") ? 1 : 0; }",
     "undefined_name", "fopen is not available", NULL},
    {"#include <unistd.h>\n" HEAD SIGNATURE "{ o[0] = (float)fork(); }", "undefined_name",
     "fork is not available", NULL},
    {KERNEL("o[0] = 1;") "int errno = 3;", "link", "the linker refused it",
     "errno: TLS definition"},
    {"void attenton(void) {}", "missing_function", "is attenton meant", NULL},
    {"int nothing;", "missing_function", "attention is not defined", NULL},
    {"__attribute__((constructor)) void early(void) { __asm__ volatile(\"\"); }\n" KERNEL(""),
     "refused_section", "a constructor", NULL},
    {KERNEL("") "int main(void) { return 0; }", "refused_name", "main is refused", NULL},
    {HEAD SIGNATURE "{ int f(void) { return B; } int (*volatile p)(void) = f; o[0] = p(); }",
     "refused_section", "executable stack", NULL},
    {"static char big[2000000000];\n" KERNEL("o[0] = big[B]; big[H] = 1;"), "static_too_large",
     "1024 MiB", NULL},
};

static bool shows_the_host(const char *text)
{
    return strstr(text, "/usr/") != NULL || strstr(text, "/work") != NULL ||
           strstr(text, "root:") != NULL;
}

static void each_refusal_has_its_code_and_words(void **state)
{
    struct bench *bench = bench_of(state);
    int failures = 0;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct wire_compiled result;
        int program;
        compile(bench, refused[i].source, &result, &program);
        if (result.good || program != -1 || strcmp(result.code, refused[i].code) != 0 ||
            strstr(result.message, refused[i].message) == NULL ||
            (refused[i].said != NULL && strstr(result.diagnostics, refused[i].said) == NULL) ||
            shows_the_host(result.diagnostics)) {
            print_error("%s\ngot %s: %s\n%s", refused[i].source, result.code, result.message,
                        result.diagnostics);
            failures++;
        }
        done_with(&result, program);
    }
    assert_int_equal(failures, 0);
}

static void endless_compiling_ends_at_the_processor_limit(void **state)
{
    struct bench *bench = bench_of(state);
    struct wire_compiled result;
    int program;
    /* A million times a million empty lines, of which never more than some megabytes exist. */
    compile(bench, KERNEL("asm(\".rept 1000000\\n.rept 1000000\\n\\n.endr\\n.endr\");"), &result,
            &program);
    assert_false(result.good);
    assert_string_equal(result.code, "compile_limit");
    assert_non_null(strstr(result.message, "over 10 s of processor time"));
    done_with(&result, program);

    compile(bench, KERNEL("o[0] = 1;"), &result, &program);
    assert_true(result.good); /* the next one is graded normally */
    done_with(&result, program);
}

static void a_nest_too_deep_for_the_compiler_is_the_students_limit(void **state)
{
    struct bench *bench = bench_of(state);
    const size_t depth = 400000;
    auto_buf struct buf source = buf_of((size_t)4 << 20);
    struct wire_compiled result;
    int program;

    buf_text(&source, HEAD "int x = ");
    for (size_t i = 0; i < depth; i++)
        buf_text(&source, "(");
    buf_text(&source, "1");
    for (size_t i = 0; i < depth; i++)
        buf_text(&source, ")");
    buf_text(&source, ";\n");
    assert_false(source.failed);
    compile(bench, source.at, &result, &program);
    assert_string_equal(result.code, "compile_limit");
    assert_non_null(strstr(result.message, "crashed"));
    done_with(&result, program);
}

static void diagnostics_are_counted_and_cut(void **state)
{
    struct bench *bench = bench_of(state);
    auto_buf struct buf source = buf_of((size_t)1 << 20);
    struct wire_compiled result;
    int program, lines = 0;

    for (int i = 0; i < 200; i++)
        buf_printf(&source, "int f%d(void) { int unused; }\n", i);
    buf_text(&source, KERNEL(""));
    compile(bench, source.at, &result, &program);
    assert_true(result.good);
    assert_int_equal(result.errors, 0);
    assert_int_equal(result.warnings, 400); /* unused variable, no return */
    for (const char *c = result.diagnostics; *c != 0; c++)
        lines += *c == '\n';
    assert_in_range(lines, 50, DIAGNOSTICS_LINES_MAX + 1);
    assert_true(strlen(result.diagnostics) <= WIRE_DIAGNOSTICS_MAX);
    assert_string_equal(result.diagnostics + strlen(result.diagnostics) - 4, "...\n");
    done_with(&result, program);
}

static void a_hostile_file_name_becomes_a_plain_one(void **state)
{
    static const char *const names[] = {"../../x.c", "-o.c",  "",     ".c",         "a b.c",
                                        "x.h",       "out.o", ".x.c", "/etc/passwd"};
    struct bench *bench = bench_of(state);
    for (size_t i = 0; i < COUNT(names); i++) {
        struct wire_compiled result;
        int program;
        struct err err = compile_source(&bench->toolchain, bench->slot, &bench->spec, names[i], "?",
                                        1, &result, &program);
        assert_false(err_is(err));
        assert_int_equal(strncmp(result.diagnostics, "attention.c:1:1: error", 22), 0);
        done_with(&result, program);
    }
    struct wire_compiled result;
    int program;
    struct err err = compile_source(&bench->toolchain, bench->slot, &bench->spec, "my_Kernel-2.c",
                                    "?", 1, &result, &program);
    assert_false(err_is(err));
    assert_int_equal(strncmp(result.diagnostics, "my_Kernel-2.c:1:1: error", 24), 0);
    done_with(&result, program);
}

static void a_missing_header_or_runtime_is_ours(void **state)
{
    struct bench *bench = bench_of(state);
    struct toolchain *broken = malloc(sizeof *broken);
    struct wire_compiled result;
    int program;
    assert_non_null(broken);

    *broken = bench->toolchain;
    (void)snprintf(broken->runtime, sizeof broken->runtime, "/nonexistent");
    struct err err = compile_source(broken, bench->slot, &bench->spec, "attention.c", KERNEL(""),
                                    strlen(KERNEL("")), &result, &program);
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_int_equal(program, -1);
    assert_false(result.good);
    done_with(&result, program);

    *broken = bench->toolchain;
    (void)snprintf(broken->cc1, sizeof broken->cc1, "/usr/lib/no/cc1");
    err = compile_source(broken, bench->slot, &bench->spec, "attention.c", KERNEL(""),
                         strlen(KERNEL("")), &result, &program);
    assert_true(err_is(err));
    assert_false(result.good);
    done_with(&result, program);
    free(broken);

    compile(bench, KERNEL("o[0] = 1;"), &result, &program);
    assert_true(result.good);
    done_with(&result, program);
}

/* -- the cache -----------------------------------------------------------------------------------
 */

static void the_cache_gives_back_what_was_compiled(void **state)
{
    struct bench *bench = bench_of(state);
    struct toolchain *cached = malloc(sizeof *cached);
    char folder[] = "/tmp/test_compile_XXXXXX", command[100];
    struct wire_compiled first, again;
    int program, program_again;
    assert_non_null(cached);
    assert_non_null(mkdtemp(folder));
    *cached = bench->toolchain;
    (void)snprintf(cached->cache, sizeof cached->cache, "%s/objects", folder);

    static const char *const sources[] = {
        KERNEL("int unused; o[0] = 1;"), "int f( {", KERNEL("asm(\"what\");"),
        "int main(void) { return 0; }",
        KERNEL("o[0] = 1;") "__attribute__((constructor)) static void early(void) "
                            "{ static volatile int x; x = 1; }"};
    for (size_t i = 0; i < COUNT(sources); i++) {
        const size_t size = strlen(sources[i]);
        assert_false(err_is(compile_source(cached, bench->slot, &bench->spec, "a.c", sources[i],
                                           size, &first, &program)));
        /* The second time without a compiler: only the cache can know. */
        struct toolchain *blind = malloc(sizeof *blind);
        assert_non_null(blind);
        *blind = *cached;
        (void)snprintf(blind->cc1, sizeof blind->cc1, "/usr/lib/no/cc1");
        assert_false(err_is(compile_source(blind, bench->slot, &bench->spec, "a.c", sources[i],
                                           size, &again, &program_again)));
        free(blind);
        assert_int_equal(first.good, again.good);
        assert_int_equal(first.errors, again.errors);
        assert_int_equal(first.warnings, again.warnings);
        assert_string_equal(first.code, again.code);
        assert_string_equal(first.message, again.message);
        assert_string_equal(first.diagnostics, again.diagnostics);
        if (i + 1 == COUNT(sources)) /* an object is kept, never a verdict on it */
            assert_string_equal(again.code, "refused_section");
        done_with(&first, program);
        done_with(&again, program_again);
    }
    free(cached);
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

/* The same program is recognised whatever its text says. */
static void an_object_has_a_name_of_its_own_content(void **state)
{
    struct bench *bench = bench_of(state);
    static const char *const endings[] = {"/* once */\n", "/* twice */ // and more\n",
                                          "int attention_more(void) { return 1; }\n"};
    char names[COUNT(endings)][65];

    for (size_t i = 0; i < COUNT(endings); i++) {
        struct wire_compiled result;
        int program = -1;
        auto_buf struct buf source = buf_of(1 << 20);
        assert_false(err_is(fdio_read_file("assignments/attention/starter.c", &source)));
        buf_text(&source, endings[i]);
        compile(bench, source.at, &result, &program);
        assert_true(result.good);
        assert_int_equal(strlen(result.object), 64);
        memcpy(names[i], result.object, sizeof names[i]);
        done_with(&result, program);
    }
    assert_string_equal(names[0], names[1]);
    assert_string_not_equal(names[0], names[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_kernel_compiles_and_answers),
        cmocka_unit_test(each_call_starts_in_the_default_float_environment),
        cmocka_unit_test(rare_names_come_from_the_second_part),
        cmocka_unit_test(printing_reaches_stdout_after_the_call),
        cmocka_unit_test(a_write_past_the_output_dies_at_the_guard),
        cmocka_unit_test(a_program_without_its_pages_says_that_it_is_ours),
        cmocka_unit_test(what_students_write_is_accepted),
        cmocka_unit_test(each_refusal_has_its_code_and_words),
        cmocka_unit_test(endless_compiling_ends_at_the_processor_limit),
        cmocka_unit_test(a_nest_too_deep_for_the_compiler_is_the_students_limit),
        cmocka_unit_test(diagnostics_are_counted_and_cut),
        cmocka_unit_test(a_hostile_file_name_becomes_a_plain_one),
        cmocka_unit_test(a_missing_header_or_runtime_is_ours),
        cmocka_unit_test(the_cache_gives_back_what_was_compiled),
        cmocka_unit_test(an_object_has_a_name_of_its_own_content),
    };
    return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
