/* The compile jail: the toolchain works in it, and there is nothing else. */
#include "sandbox/jail_tools.h"
#include "tests/unit/sandbox_case.h"

#include <signal.h>

struct compile {
    struct sandbox *slot;
    struct jail_tools tools;
};

struct step {
    const char *argv[16];
    const char *in_name, *out_name;
    int in_fd, out_fd;
    struct sandbox_result result;
    char errors[2048];
};

static int compile_open(void **state)
{
    struct compile *compile = calloc(1, sizeof *compile);
    *state = compile;
    struct err err = jail_tools_find(&compile->tools);
    if (!err_is(err))
        err = slot_open(NULL, &compile->slot);
    if (err_is(err))
        print_message("%s\n", err.text);
    return err_is(err) ? -1 : 0;
}

static int compile_close(void **state)
{
    struct compile *compile = *state;
    sandbox_close(compile->slot);
    free(compile);
    return 0;
}

static int text_fd(const char *text)
{
    int fd = -1;
    assert_false(err_is(fdio_memfd_sealed("source", text, strlen(text), &fd)));
    return fd;
}

static void step_run(struct compile *compile, struct step *step)
{
    int streams[3] = {-1, -1, -1};
    for (int i = 0; i < 3; i++)
        assert_false(err_is(fdio_memfd("stream", 0, &streams[i])));
    assert_false(err_is(fdio_memfd("result", 0, &step->out_fd)));
    struct sandbox_file in = {step->in_name, step->in_fd}, out = {step->out_name, step->out_fd};
    struct sandbox_request request = {
        .profile = SANDBOX_COMPILE,
        .program_fd = -1,
        .argv = step->argv,
        .fds = streams,
        .fds_count = 3,
        .files_in = &in,
        .files_in_count = 1,
        .files_out = &out,
        .files_out_count = 1,
        .limits = {.wall_ms = 10000 * slowness(),
                   .cpu_ms = 5000 * slowness(),
                   .memory_bytes = 256 * MIB,
                   .stack_bytes = 64 * MIB,
                   .output_bytes = 16 * MIB / slowness(), /* or a bomb takes too long */
                   .threads = 1},
        .cpu = -1,
    };
    struct err err = sandbox_run(compile->slot, &request, &step->result);
    if (err_is(err))
        fail_msg("%s", err.text);
    ssize_t got = pread(streams[2], step->errors, sizeof step->errors - 1, 0);
    step->errors[got > 0 ? got : 0] = '\0';
    for (int i = 0; i < 3; i++)
        (void)close(streams[i]);
    assert_true(slot_is_alone(compile->slot));
}

static struct step cc1(struct compile *compile, const char *source)
{
    struct step step = {.argv = {compile->tools.cc1, "-quiet", compile->tools.cc1_arguments[0],
                                 compile->tools.cc1_arguments[1], "-O1", "-o", "a.s", "a.c", NULL},
                        .in_name = "a.c",
                        .out_name = "a.s",
                        .in_fd = text_fd(source)};
    step_run(compile, &step);
    (void)close(step.in_fd);
    return step;
}

static void source_becomes_a_program(void **state)
{
    struct compile *compile = *state;
    struct step first = cc1(compile, "#include <math.h>\n#include <stdint.h>\n"
                                     "void _start(void){__asm__(\"mov $231,%eax;xor "
                                     "%edi,%edi;syscall\");}\n");
    assert_int_equal(first.result.end, SANDBOX_EXITED);
    assert_int_equal(first.result.exit_code, 0);
    assert_false(first.result.files_cut);

    struct step second = {.argv = {compile->tools.as, "-o", "a.o", "a.s", NULL},
                          .in_name = "a.s",
                          .out_name = "a.o",
                          .in_fd = first.out_fd};
    step_run(compile, &second);
    assert_int_equal(second.result.exit_code, 0);
    struct step third = {.argv = {"/usr/bin/ld", "-static", "-o", "a", "a.o", NULL},
                         .in_name = "a.o",
                         .out_name = "a",
                         .in_fd = second.out_fd};
    step_run(compile, &third);
    assert_int_equal(third.result.exit_code, 0);

    static const char *const argv[] = {"a", NULL};
    struct sandbox_request request = {.profile = SANDBOX_KERNEL,
                                      .program_fd = third.out_fd,
                                      .argv = argv,
                                      .limits = limits_default,
                                      .cpu = -1};
    struct sandbox_result result;
    assert_false(err_is(sandbox_run(compile->slot, &request, &result)));
    assert_int_equal(result.end, SANDBOX_EXITED);
    assert_int_equal(result.exit_code, 0);
    (void)close(first.out_fd);
    (void)close(second.out_fd);
    (void)close(third.out_fd);
}

static void files_of_the_host_are_not_there(void **state)
{
    static const char *const names[] = {
        "/etc/passwd",
        "/etc/hostname",
        "/proc/self/environ",
        "/proc/version",
        "/dev/zero",
        "/sys/kernel/notes",
        "/root/.bashrc",
        "/tmp",
        "/usr/bin/sh",
        "/bin/sh",
        "/usr/lib/os-release",
        "/var/log/dpkg.log",
        "../../etc/passwd",
        "/work/../etc/passwd",
        "/usr/lib/x86_64-linux-gnu/libc.a",
    };
    struct compile *compile = *state;
    for (size_t i = 0; i < COUNT(names); i++) {
        char source[256];
        (void)snprintf(source, sizeof source, "#include \"%s\"\n", names[i]);
        struct step step = cc1(compile, source);
        assert_int_equal(step.result.end, SANDBOX_EXITED);
        assert_int_equal(step.result.exit_code, 1);
        if (strstr(step.errors, "No such file") == NULL)
            fail_msg("%s", step.errors);
        (void)close(step.out_fd);

        (void)snprintf(source, sizeof source, ".incbin \"%s\"\n", names[i]);
        struct step second = {.argv = {compile->tools.as, "-o", "a.o", "a.s", NULL},
                              .in_name = "a.s",
                              .out_name = "a.o",
                              .in_fd = text_fd(source)};
        step_run(compile, &second);
        assert_int_equal(second.result.exit_code, 1);
        if (strstr(second.errors, "file not found") == NULL)
            fail_msg("%s", second.errors);
        (void)close(second.in_fd);
        (void)close(second.out_fd);
    }
}

static void work_is_fresh_for_every_run(void **state)
{
    struct compile *compile = *state;
    struct step step = cc1(compile, "int x;\n");
    assert_int_equal(step.result.exit_code, 0);
    (void)close(step.out_fd);
    struct step second = {.argv = {compile->tools.as, "-o", "b.o", "a.s", NULL},
                          .in_name = "other",
                          .out_name = "b.o",
                          .in_fd = text_fd("")};
    step_run(compile, &second);
    assert_int_equal(second.result.exit_code, 1);
    assert_non_null(strstr(second.errors, "a.s"));
    (void)close(second.in_fd);
    (void)close(second.out_fd);
}

static void bombs_end_at_a_limit_of_their_own(void **state)
{
    struct compile *compile = *state;
    struct step step = cc1(compile, "#include __FILE__\n#include __FILE__\n");
    /* Nested too deeply, and says so at such length that its messages meet the output limit, or on
     * a slow machine one of the clocks. */
    assert_true(step.result.end == SANDBOX_OUTPUT_LIMIT || step.result.end == SANDBOX_CPU_LIMIT ||
                step.result.end == SANDBOX_WALL_LIMIT ||
                (step.result.end == SANDBOX_EXITED && step.result.exit_code != 0));
    (void)close(step.out_fd);
    struct step memory = cc1(compile, "#define A(x) x x x x x x x x x x\n#define B(x) A(A(A(x)))\n"
                                      "int y[] = {B(B(B(1,)))};\n");
    assert_true(memory.result.end == SANDBOX_MEMORY_LIMIT ||
                memory.result.end == SANDBOX_CPU_LIMIT ||
                (memory.result.end == SANDBOX_EXITED && memory.result.exit_code != 0));
    (void)close(memory.out_fd);
    struct step output = {.argv = {compile->tools.as, "-o", "a.o", "a.s", NULL},
                          .in_name = "a.s",
                          .out_name = "a.o",
                          .in_fd = text_fd(".skip 100000000, 1\n")};
    step_run(compile, &output);
    assert_true(output.result.end == SANDBOX_OUTPUT_LIMIT ||
                (output.result.end == SANDBOX_EXITED && output.result.exit_code != 0));
    (void)close(output.in_fd);
    (void)close(output.out_fd);
    struct step good = cc1(compile, "int x;\n");
    assert_int_equal(good.result.exit_code, 0);
    (void)close(good.out_fd);
}

static void missing_and_planted_outputs_are_told(void **state)
{
    struct compile *compile = *state;
    struct step step = {.argv = {compile->tools.as, "-o", "a.o", "a.s", NULL},
                        .in_name = "a.s",
                        .out_name = "never.o",
                        .in_fd = text_fd("nop\n")};
    step_run(compile, &step);
    assert_int_equal(step.result.exit_code, 0);
    assert_true(step.result.files_cut);
    (void)close(step.in_fd);
    (void)close(step.out_fd);
}

static void a_path_outside_the_view_is_refused(void **state)
{
    struct compile *compile = *state;
    static const char *const paths[] = {"/bin/sh", "/usr/bin/gcc", "/nothing", "/proc/self/exe"};
    for (size_t i = 0; i < COUNT(paths); i++) {
        const char *argv[] = {paths[i], NULL};
        struct sandbox_request request = {.profile = SANDBOX_COMPILE,
                                          .program_fd = -1,
                                          .argv = argv,
                                          .limits = limits_default,
                                          .cpu = -1};
        struct sandbox_result result;
        struct err err = sandbox_run(compile->slot, &request, &result);
        assert_int_equal(err.code, ERR_INPUT);
        assert_non_null(strstr(err.text, paths[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(source_becomes_a_program),
        cmocka_unit_test(files_of_the_host_are_not_there),
        cmocka_unit_test(work_is_fresh_for_every_run),
        cmocka_unit_test(bombs_end_at_a_limit_of_their_own),
        cmocka_unit_test(missing_and_planted_outputs_are_told),
        cmocka_unit_test(a_path_outside_the_view_is_refused),
    };
    return cmocka_run_group_tests_name("sandbox compile", tests, compile_open, compile_close);
}
