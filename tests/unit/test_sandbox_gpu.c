/* Profile gpu-launcher, with stand-ins for the device nodes: /dev/null for nvidiactl, /dev/zero for
 * nvidia-uvm, and libm for the driver's library. */
#include "sandbox/gpu.h"
#include "tests/unit/sandbox_case.h"

#include <gnu/lib-names.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#define LIBRARY "/usr/lib/x86_64-linux-gnu/" LIBM_SO

static const struct sandbox_device devices[] = {
    {"/dev/null", "nvidiactl"},
    {"/dev/zero", "nvidia-uvm"},
    {"/dev/full", "nvidia0"},
    {"/dev/null", "nvidia-caps/nvidia-cap1"},
};
/* Also by its other name, as the linker may tell it. */
static const char *const libraries[] = {LIBRARY, "/lib/x86_64-linux-gnu/" LIBM_SO, NULL};
static const char *const texts[] = {"/proc/devices", "/proc/driver/nvidia/params", NULL};
static const struct sandbox_gpu gpu = {
    .devices = devices, .devices_count = COUNT(devices), .libraries = libraries, .texts = texts};

static struct err gpu_open(const struct sandbox_gpu *what, struct sandbox **out_slot)
{
    char path[512];
    struct sandbox_options options = {
        .program = build_path(path, sizeof path, "sandbox"), .name = "gpu", .gpu = what};
    return sandbox_open(&options, out_slot);
}

static int slot_setup(void **state)
{
    struct sandbox *slot = NULL;
    struct err err = gpu_open(&gpu, &slot);
    if (err_is(err))
        print_message("no slot: %s\n", err.text);
    *state = slot;
    return err_is(err) ? -1 : 0;
}

static int slot_teardown(void **state)
{
    sandbox_close(*state);
    return 0;
}

static struct sandbox_request launcher_request(int program, const char *const *argv,
                                               const int *streams)
{
    return (struct sandbox_request){
        .profile = SANDBOX_GPU_LAUNCHER,
        .program_fd = program,
        .argv = argv,
        .fds = streams,
        .fds_count = 3,
        .limits = limits_here((struct sandbox_limits){.wall_ms = limits_default.wall_ms,
                                                      .cpu_ms = limits_default.cpu_ms,
                                                      .memory_bytes = 64 * MIB,
                                                      .stack_bytes = 8 * MIB,
                                                      .output_bytes = 65536,
                                                      .threads = 8}),
        .cpu = -1};
}

/* Runs "launcher PART WORD", from its file on the disk. */
static struct outcome launch(struct sandbox *slot, const char *part, const char *word)
{
    struct outcome outcome = {0};
    char path[512];
    int streams[3] = {-1, -1, -1};
    const char *argv[] = {"launcher", part, word, NULL};
    int program =
        open(build_path(path, sizeof path, "tests/programs/launcher"), O_RDONLY | O_CLOEXEC);
    assert_true(program >= 0);
    for (int i = 0; i < 3; i++)
        assert_false(err_is(fdio_memfd("stream", 0, &streams[i])));
    struct sandbox_request request = launcher_request(program, argv, streams);
    outcome.err = sandbox_run(slot, &request, &outcome.result);
    ssize_t got = pread(streams[1], outcome.out, sizeof outcome.out - 1, 0);
    outcome.out[got > 0 ? got : 0] = '\0';
    got = pread(streams[2], outcome.errors, sizeof outcome.errors - 1, 0);
    outcome.errors[got > 0 ? got : 0] = '\0';
    for (int i = 0; i < 3; i++)
        (void)close(streams[i]);
    (void)close(program);
    return outcome;
}

static void expect_fine(struct sandbox *slot, const char *part, const char *word)
{
    struct outcome outcome = launch(slot, part, word);
    if (err_is(outcome.err))
        fail_msg("%s: %s", part, outcome.err.text);
    if (outcome.result.end != SANDBOX_EXITED || outcome.result.exit_code != 0)
        fail_msg("%s: %s (%s) %s", part, sandbox_end_word(outcome.result.end),
                 outcome.result.evidence, outcome.errors);
    assert_true(slot_is_alone(slot));
}

static void nodes_open_and_take_the_drivers_requests(void **state)
{
    expect_fine(*state, "nodes", "");
}

static void nothing_else_of_the_host_is_there(void **state)
{
    expect_fine(*state, "nothing_else", "");
}

static void libraries_load_by_name_and_by_path(void **state)
{
    expect_fine(*state, "library", LIBRARY);
}

static void threads_start_and_name_themselves(void **state)
{
    expect_fine(*state, "threads", "");
}

static void helpers_are_refused_and_the_driver_lives(void **state)
{
    expect_fine(*state, "helpers", "");
}

static void a_local_socket_is_all_the_network_there_is(void **state)
{
    expect_fine(*state, "sockets", "");
}

static void texts_are_copies_and_may_be_missing(void **state)
{
    struct outcome outcome = launch(*state, "texts", "/proc/devices");
    assert_false(err_is(outcome.err));
    assert_int_equal(outcome.result.exit_code, 0);
    assert_non_null(strstr(outcome.out, "Character devices"));
}

static void other_requests_end_it_and_are_named(void **state)
{
    struct outcome outcome = launch(*state, "request", "0x5412"); /* TIOCSTI */
    assert_false(err_is(outcome.err));
    assert_int_equal(outcome.result.end, SANDBOX_FORBIDDEN_CALL);
    assert_int_equal(outcome.result.syscall, SYS_ioctl);
    assert_non_null(strstr(outcome.result.evidence, "request 0x5412"));
}

/* A launcher that the view itself shows, by its path. */
static void a_program_of_the_view_runs_by_its_path(void **state)
{
    static const char *const with_program[] = {"/usr/bin/true", LIBRARY, NULL};
    struct sandbox_gpu shown = gpu;
    struct sandbox *slot = NULL;
    const char *argv[] = {"/usr/bin/true", NULL};
    struct sandbox_result result;
    (void)state;
    shown.libraries = with_program;
    assert_false(err_is(gpu_open(&shown, &slot)));
    struct sandbox_request request = launcher_request(-1, argv, NULL);
    request.fds_count = 0;
    struct err err = sandbox_run(slot, &request, &result);
    if (err_is(err))
        fail_msg("%s", err.text);
    assert_int_equal(result.end, SANDBOX_EXITED);
    assert_int_equal(result.exit_code, 0);
    sandbox_close(slot);
}

/* One slot serves every profile; the view follows. */
static void profiles_take_turns_on_one_slot(void **state)
{
    struct sandbox *slot = *state;
    for (int i = 0; i < 2; i++) {
        expect_fine(slot, "nodes", "");
        struct outcome outcome = act_run(slot, SANDBOX_KERNEL, limits_default, "hello", 0);
        assert_false(err_is(outcome.err));
        assert_string_equal(outcome.out, "hello\n");
        const char *argv[] = {"/usr/bin/as", "--version", NULL};
        struct sandbox_request request = launcher_request(-1, argv, NULL);
        request.profile = SANDBOX_COMPILE;
        request.fds_count = 0;
        struct sandbox_result result;
        assert_false(err_is(sandbox_run(slot, &request, &result)));
        assert_int_equal(result.end, SANDBOX_EXITED);
    }
}

static void dynamic_programs_are_for_this_profile_alone(void **state)
{
    char path[512];
    const char *argv[] = {"launcher", "nodes", "", NULL};
    const int streams[3] = {0, 1, 2};
    int program =
        open(build_path(path, sizeof path, "tests/programs/launcher"), O_RDONLY | O_CLOEXEC);
    struct sandbox_request request = launcher_request(program, argv, streams);
    struct sandbox_result result;
    request.profile = SANDBOX_THREADS;
    struct err err = sandbox_run(*state, &request, &result);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "dynamically linked"));
    (void)close(program);
}

static void a_slot_without_a_view_says_so(void **state)
{
    struct sandbox *slot = NULL;
    (void)state;
    assert_false(err_is(gpu_open(NULL, &slot)));
    struct outcome outcome = launch(slot, "nodes", "");
    assert_int_equal(outcome.err.code, ERR_INPUT);
    assert_non_null(strstr(outcome.err.text, "sandbox_options.gpu"));
    outcome = act_run(slot, SANDBOX_KERNEL, limits_default, "hello", 0);
    assert_string_equal(outcome.out, "hello\n");
    sandbox_close(slot);
}

static void expect_refusal(const struct sandbox_gpu *what, const char *field)
{
    struct slot_gpu packed;
    struct err err = gpu_pack(what, &packed);
    assert_int_equal(err.code, ERR_INPUT);
    if (strstr(err.text, field) == NULL)
        fail_msg("'%s' does not name %s", err.text, field);
    struct sandbox *slot = NULL;
    assert_int_equal(gpu_open(what, &slot).code, ERR_INPUT);
    assert_null(slot);
}

static void nonsense_is_refused_by_field(void **state)
{
    static const char *const relative[] = {"libm.so", NULL};
    const char *many[SANDBOX_LIBRARIES_MAX + 2] = {NULL};
    static const char *const names[] = {"", "..", "a/../b", "/x", "a/b/c", "a/", "nvidia 0"};
    struct sandbox_device device = {"/etc/passwd", "nvidia0"};
    struct sandbox_gpu bad = gpu;
    (void)state;
    bad.devices_count = 0;
    expect_refusal(&bad, "devices_count");
    bad.devices_count = SANDBOX_DEVICES_MAX + 1;
    expect_refusal(&bad, "devices_count");
    bad = (struct sandbox_gpu){.devices = &device, .devices_count = 1};
    expect_refusal(&bad, "devices[0].path");
    device.path = "/nowhere";
    expect_refusal(&bad, "devices[0].path");
    device.path = "/dev/null";
    for (size_t i = 0; i < COUNT(names); i++) {
        device.name = names[i];
        expect_refusal(&bad, "devices[0].name");
    }
    bad = gpu;
    bad.libraries = relative;
    expect_refusal(&bad, "libraries[0]");
    for (size_t i = 0; i <= SANDBOX_LIBRARIES_MAX; i++)
        many[i] = LIBRARY;
    bad.libraries = many;
    expect_refusal(&bad, "libraries");
}

static void a_missing_library_is_told_when_the_view_is_made(void **state)
{
    static const char *const missing[] = {"/nowhere/libcuda.so.1", NULL};
    struct sandbox_gpu without = gpu;
    struct sandbox *slot = NULL;
    (void)state;
    without.libraries = missing;
    assert_false(err_is(gpu_open(&without, &slot)));
    struct outcome outcome = launch(slot, "nodes", "");
    assert_int_equal(outcome.err.code, ERR_SYSTEM);
    assert_non_null(strstr(outcome.err.text, "/nowhere/libcuda.so.1"));
    sandbox_close(slot);
}

static void a_host_without_a_gpu_says_what_is_missing(void **state)
{
    static struct gpu_host host;
    (void)state;
    struct err err = gpu_find(0, &host);
    if (access("/dev/nvidiactl", F_OK) == 0 && !err_is(err)) {
        assert_int_equal(host.gpu.devices_count, 3);
        return;
    }
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_non_null(strstr(err.text, "nvidia"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_open_and_take_the_drivers_requests),
        cmocka_unit_test(nothing_else_of_the_host_is_there),
        cmocka_unit_test(libraries_load_by_name_and_by_path),
        cmocka_unit_test(threads_start_and_name_themselves),
        cmocka_unit_test(helpers_are_refused_and_the_driver_lives),
        cmocka_unit_test(a_local_socket_is_all_the_network_there_is),
        cmocka_unit_test(texts_are_copies_and_may_be_missing),
        cmocka_unit_test(other_requests_end_it_and_are_named),
        cmocka_unit_test(a_program_of_the_view_runs_by_its_path),
        cmocka_unit_test(profiles_take_turns_on_one_slot),
        cmocka_unit_test(dynamic_programs_are_for_this_profile_alone),
        cmocka_unit_test(a_slot_without_a_view_says_so),
        cmocka_unit_test(nonsense_is_refused_by_field),
        cmocka_unit_test(a_missing_library_is_told_when_the_view_is_made),
        cmocka_unit_test(a_host_without_a_gpu_says_what_is_missing),
    };
    return cmocka_run_group_tests_name("sandbox gpu-launcher", tests, slot_setup, slot_teardown);
}
