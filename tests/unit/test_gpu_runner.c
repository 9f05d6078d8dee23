/* The launcher in its sandbox, on a driver that works on host memory (tests/driver/cuda.c): right
 * calls, every kind of fault, time-outs, and what is left for the next call. */
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/gpu_fixture.h"
#include "worker/gpu_fault.h"
#include "worker/gpu_runner.h"
#include "worker/gpu_timing_pair.h"
#include "worker/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ALL "(H, Tq, Tk, D, q, k, v, kvlen, causal, o)\n"
#define LAUNCH(name) "//@ launch " name "<<<(Tq, H, B), 128>>>" ALL

static const unsigned char key[RANDOM_KEY_BYTES] = {4, 5, 6};

struct bench {
    struct gpu_fixture fixture;
    struct gpu gpu;
    struct spec spec;
    struct cuda_program programs[2];
    struct gpu_runner *runner;
    struct answer answer;
};

static void fine(struct err err)
{
    assert_string_equal(err.text, "");
}

static void open_gpu(struct bench *bench)
{
    const struct gpu_options options = {.which = bench->fixture.view,
                                        .locks = bench->fixture.locks,
                                        .launcher = bench->fixture.launcher,
                                        .slot = {.program = bench->fixture.sandbox}};
    gpu_open(&bench->gpu, &options);
}

static struct bench *bench_make(const char *driver)
{
    struct toolchain *toolchain = calloc(1, sizeof *toolchain);
    struct bench *bench = calloc(1, sizeof *bench);
    char path[4200];

    assert_non_null(toolchain);
    assert_non_null(bench);
    fine(toolchain_find(toolchain, NULL));
    (void)snprintf(path, sizeof path, "%s/assignments/attention/assignment.json", toolchain->home);
    struct spec *whole = calloc(1, sizeof *whole);
    assert_non_null(whole);
    fine(spec_load(whole, path));
    spec_for_gpu(&bench->spec, whole);
    free(whole);
    free(toolchain);
    fine(gpu_fixture_make(&bench->fixture, driver));
    open_gpu(bench);
    return bench;
}

static int bench_setup(void **state)
{
    struct bench *bench = bench_make("libcuda.so.1");
    *state = bench;
    if (!bench->gpu.present)
        print_error("%s\n", bench->gpu.why);
    return bench->gpu.present ? 0 : -1;
}

static void runner_drop(struct bench *bench)
{
    gpu_runner_free(bench->runner);
    answer_release(&bench->answer);
    bench->runner = NULL;
    for (int i = 0; i < 2; i++)
        buf_release(&bench->programs[i].cubin);
}

static void bench_drop(struct bench *bench)
{
    runner_drop(bench);
    gpu_close(&bench->gpu);
    gpu_fixture_release(&bench->fixture);
    free(bench);
}

static int bench_teardown(void **state)
{
    bench_drop(*state);
    return 0;
}

/* A program as the compile stage would have made it, had it a cubin of these words. */
static void program_make(struct bench *bench, int which, const char *source, const char *image)
{
    struct cuda_program *program = &bench->programs[which];
    fine(launch_parse(&program->plan, &bench->spec, source, strlen(source)));
    buf_init(&program->cubin, 4096);
    buf_append(&program->cubin, image, strlen(image) + 1);
}

static int case_of(const struct bench *bench)
{
    const int index = spec_case_index(&bench->spec, "small");
    return index >= 0 ? index : 0;
}

static struct bench *runner_make(void **state, const char *source, const char *image)
{
    struct bench *bench = *state;
    const int one = case_of(bench);

    runner_drop(bench);
    program_make(bench, 0, source, image);
    program_make(bench, 1, LAUNCH("attention_mark"), "host_twin_attention");
    const struct gpu_runner_plan plan = {.gpu = &bench->gpu,
                                         .spec = &bench->spec,
                                         .programs = {&bench->programs[0], &bench->programs[1]},
                                         .cases = &one,
                                         .cases_count = 1};
    fine(gpu_runner_new(&bench->runner, &plan));
    fine(answer_make(&bench->answer, &bench->spec, &bench->spec.cases[one]));
    return bench;
}

static struct gpu_result call_image(struct bench *bench, uint64_t iteration,
                                    enum launcher_image image)
{
    struct gpu_result result;
    const struct gpu_call call = {.image = image};

    fine(gpu_runner_ready(bench->runner, NULL));
    fine(gpu_runner_fill(bench->runner, case_of(bench), key, iteration));
    fine(gpu_runner_call(bench->runner, &call, &result));
    if (result.end == GPU_DONE)
        gpu_runner_answer(bench->runner, &bench->answer);
    return result;
}

static struct gpu_result call(struct bench *bench, uint64_t iteration)
{
    return call_image(bench, iteration, LAUNCHER_STUDENT);
}

static struct wire_case judged(struct bench *bench)
{
    struct wire_case row;
    judge_row(&row, case_of(bench));
    fine(judge_answer(gpu_runner_given(bench->runner), &bench->answer, 0, &row));
    return row;
}

static void expect_right(struct bench *bench, uint64_t iteration)
{
    const struct gpu_result result = call(bench, iteration);
    assert_int_equal(result.end, GPU_DONE);
    assert_int_equal(result.reply.outside, -1);
    const struct wire_case row = judged(bench);
    if (row.verdict != VERDICT_PASS)
        fail_msg("%s: %s at %g, expected %g", verdict_word(row.verdict), row.detail,
                 row.mismatch.got, row.mismatch.expected);
}

/* The next job on the same device, right and clean. */
static void expect_clean(void **state)
{
    struct bench *bench = runner_make(state, LAUNCH("find"), "host_twin_attention");
    expect_right(bench, 0);
}

static void a_device_tells_what_it_is(void **state)
{
    const struct bench *bench = *state;
    assert_string_equal(bench->gpu.class_name, "gpu:sm_90");
    assert_string_equal(bench->gpu.facts.name, "Stand-in for tests");
    assert_string_equal(bench->gpu.uuid, "GPU-abababab-abab-abab-abab-abababababab");
    assert_int_equal(bench->gpu.facts.total_bytes >> 20, 40);
}

static void a_right_kernel_is_right_every_time(void **state)
{
    struct bench *bench = runner_make(state, LAUNCH("attention"), "host_twin_attention");
    for (uint64_t i = 0; i < 5; i++)
        expect_right(bench, i);
}

static void time_is_what_lies_between_our_events(void **state)
{
    struct bench *bench =
        runner_make(state, LAUNCH("attention"), "host_knob_slow host_twin_attention");
    const struct gpu_result result = call(bench, 0);
    assert_int_equal(result.end, GPU_DONE);
    assert_true(result.reply.elapsed_ns > 19000000);
    assert_true((int64_t)result.reply.elapsed_ns < result.took_ns);
    struct gpu_result floor;
    const struct gpu_call empty = {.empty = true};
    fine(gpu_runner_call(bench->runner, &empty, &floor));
    assert_int_equal(floor.end, GPU_DONE);
    assert_true(floor.reply.elapsed_ns < 1000000);
}

static void free_memory_is_overwritten_before_a_module_is_loaded(void **state)
{
    struct bench *bench = runner_make(state, LAUNCH("attention"), "host_twin_attention");
    struct gpu_process process;
    struct gpu_result result;
    struct launcher_order *order = calloc(1, sizeof *order);
    assert_non_null(order);
    gpu_process_init(&process, &bench->gpu);
    auto_close int memory = -1;
    fine(fdio_memfd("memory", 4096, &memory));
    fine(gpu_process_start(&process, &(struct gpu_process_files){memory, memory, {-1, -1}}));
    *order = (struct launcher_order){
        .kind = LAUNCHER_OPEN, .inputs_bytes = 4096, .outputs_bytes = 4096, .arena_bytes = 65536};
    fine(gpu_process_order(&process, order, 10000, &result));
    assert_int_equal(result.end, GPU_DONE);
    assert_true(result.reply.free_bytes > 0);
    assert_true(result.reply.scrubbed_bytes + ((uint64_t)2 << 20) > result.reply.free_bytes);
    gpu_process_stop(&process);
    free(order);
}

static void an_output_that_is_not_written_says_so(void **state)
{
    struct bench *bench = runner_make(state, LAUNCH("nothing"), "host_twin_attention");
    assert_int_equal(call(bench, 0).end, GPU_DONE);
    const struct wire_case row = judged(bench);
    assert_int_equal(row.verdict, VERDICT_WRONG);
    assert_true(row.mismatch.unwritten);
}

/* A device refuses such a launch of a function that was not told. */
static void shared_memory_beyond_48_kib_is_asked_for(void **state)
{
    struct bench *bench = runner_make(state, "//@ launch attention<<<(Tq, H, B), 128, 92160>>>" ALL,
                                      "host_twin_attention");
    for (uint64_t i = 0; i < 3; i++)
        expect_right(bench, i);
}

static void expect_room(const struct gpu_runner_plan *plan, const struct spec_case *one)
{
    const struct launch_limits limits = {.shared_bytes = 232448,
                                         .scratch_bytes = plan->spec->limits.memory_extra_bytes};
    struct launch_program *program = malloc(sizeof *program);
    uint64_t room = 0;
    bool reached = false;

    assert_non_null(program);
    fine(gpu_runner_room(plan, one, &room));
    for (int image = 0; image < LAUNCHER_IMAGES; image++) {
        uint64_t at = LAUNCHER_GUARD; /* as the launcher lays it out */
        double bytes = 0;             /* which does not wrap */
        for (int i = 0; i < plan->spec->arguments_count; i++) {
            if (plan->spec->arguments[i].role < SPEC_INPUT)
                continue;
            const int64_t size = spec_tensor_bytes(plan->spec, one, i);
            assert_true(size > 0 && at % LAUNCHER_ALIGN == 0);
            at += LAUNCHER_ROOM(size);
            bytes += (double)size;
        }
        fine(launch_program(&plan->programs[image]->plan, one, &limits, program));
        for (int i = 0; i < program->scratch_count; i++) {
            assert_true(at % LAUNCHER_ALIGN == 0);
            at += LAUNCHER_ROOM(program->scratch_bytes[i]);
            bytes += (double)program->scratch_bytes[i];
        }
        assert_true((double)at > bytes && (double)at < bytes + 64 * 8192.0);
        assert_true(at <= room);
        reached = reached || at == room;
    }
    assert_true(reached);
    assert_true(room < ((uint64_t)60 << 30)); /* of an 80 GB device */
    if (strcmp(plan->spec->name, "lstm_cell") == 0)
        assert_int_equal(program->scratch_bytes[0], (uint64_t)512 << 20);
    free(program);
}

static void every_ranked_case_fits_a_device_with_its_scratch(void **state)
{
    static const char *const names[] = {"attention", "gradient_descent", "lstm_cell", "pca",
                                        "quantized_matmul"};
    static const char *const sources[LAUNCHER_IMAGES] = {"baseline", "expert"};
    static const struct row {
        uint64_t bytes, room;
    } rows[] = {{0, 4096},
                {1, 4352},
                {256, 4352},
                {257, 4608},
                {((uint64_t)1 << 40) + 1, ((uint64_t)1 << 40) + 4352}};
    struct cuda_program *programs = calloc(LAUNCHER_IMAGES, sizeof *programs);
    struct spec *spec = calloc(1, sizeof *spec);
    struct gpu *gpu = calloc(1, sizeof *gpu);
    char path[256];
    (void)state;
    assert_true(programs != NULL && spec != NULL && gpu != NULL);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(LAUNCHER_ROOM(rows[i].bytes), rows[i].room);
    gpu->facts.shared_of_block = 232448;
    for (size_t i = 0; i < COUNT(names); i++) {
        (void)snprintf(path, sizeof path, "assignments/%s/assignment.json", names[i]);
        fine(spec_load(spec, path));
        for (int image = 0; image < LAUNCHER_IMAGES; image++) {
            auto_buf struct buf text = buf_of(1 << 20);
            (void)snprintf(path, sizeof path, "reference/%s/%s.cu", names[i], sources[image]);
            fine(fdio_read_file(path, &text));
            fine(launch_parse(&programs[image].plan, spec, text.at, text.size));
        }
        const struct gpu_runner_plan plan = {
            .gpu = gpu, .spec = spec, .programs = {&programs[0], &programs[1]}};
        assert_true(spec->gpu_cases_count > 0);
        for (int one = 0; one < spec->gpu_cases_count; one++)
            expect_room(&plan, &spec->gpu_cases[one]);
    }
    free(gpu);
    free(spec);
    free(programs);
}

static void wrong_numbers_are_wrong(void **state)
{
    struct bench *bench = runner_make(state, LAUNCH("attention_half"), "host_twin_attention");
    assert_int_equal(call(bench, 0).end, GPU_DONE);
    assert_int_equal(judged(bench).verdict, VERDICT_WRONG);
}

static void an_answer_of_before_is_caught_by_fresh_inputs(void **state)
{
    struct bench *bench = runner_make(state, LAUNCH("replay"), "host_twin_attention");
    expect_right(bench, 0);
    assert_int_equal(call(bench, 1).end, GPU_DONE);
    assert_int_equal(judged(bench).verdict, VERDICT_WRONG);
}

static void a_kernel_finds_nothing_of_the_baseline(void **state)
{
    struct bench *bench = runner_make(state, LAUNCH("find"), "host_twin_attention");
    const struct gpu_result marked = call_image(bench, 0, LAUNCHER_BASELINE);
    assert_int_equal(marked.end, GPU_DONE);
    assert_int_equal(judged(bench).verdict, VERDICT_WRONG); /* the mark is really there */
    expect_right(bench, 0);
}

/* A kernel that writes over the code of whatever else is loaded: the next call has it anew. */
static void a_program_that_another_wrote_over_is_loaded_anew(void **state)
{
    struct bench *bench =
        runner_make(state, LAUNCH("attention"), "host_knob_scribbles host_twin_attention");
    assert_int_equal(call_image(bench, 0, LAUNCHER_BASELINE).end, GPU_DONE);
    for (uint64_t i = 0; i < 3; i++) {
        expect_right(bench, i);
        const struct gpu_result result = call_image(bench, i, LAUNCHER_BASELINE);
        assert_int_equal(result.end, GPU_DONE);
        assert_true(result.reply.elapsed_ns < 19000000);
    }
}

/* Whose times lie in memory that its kernel can write. */
static void an_event_that_lies_does_not_count(void **state)
{
    struct gpu_timing *timing = calloc(1, sizeof *timing);
    struct bench *bench =
        runner_make(state, LAUNCH("attention_2ms"), "host_knob_event_lies host_twin_attention");
    bool host = false;
    assert_non_null(timing);
    const struct gpu_result result = call(bench, 0);
    assert_int_equal(result.end, GPU_DONE);
    assert_true(result.reply.elapsed_ns * 2 < result.reply.host_ns);
    assert_true((int64_t)result.reply.host_ns <= result.took_ns);
    assert_true(gpu_timing_net(timing, &result, &host) >= 2e6);
    assert_true(host);
    free(timing);
}

static void the_host_s_clock_counts_from_a_tenth_and_a_least_on(void **state)
{
    static const struct row {
        uint64_t event_us, host_us; /* floors: 5 and 20 */
        double net_us;
        bool host;
    } rows[] = {
        {100, 125, 95, false},       {100, 219, 95, false},       /* not 100 us more */
        {100, 221, 201, true},       {10000, 10900, 9995, false}, /* not a tenth more */
        {10000, 11030, 11010, true}, {1, 5000, 4980, true},
        {0, 5000, 4980, true},       {5000, 100, 95, false}, /* no event outlasts its wait */
    };
    struct gpu_timing *timing = calloc(1, sizeof *timing);
    (void)state;
    assert_non_null(timing);
    timing->floor_ns = 5e3;
    timing->host_floor_ns = 20e3;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct gpu_result result = {
            .took_ns = 1000000000,
            .reply = {.elapsed_ns = rows[i].event_us * 1000, .host_ns = rows[i].host_us * 1000}};
        bool host = false;
        const double net = gpu_timing_net(timing, &result, &host);
        if (net != rows[i].net_us * 1e3 || host != rows[i].host)
            fail_msg("row %zu: %g us, %d", i, net / 1e3, host);
    }
    free(timing);
}

static void inputs_that_a_kernel_spoils_are_there_again(void **state)
{
    struct bench *bench = runner_make(state, LAUNCH("attention_spoils"), "host_twin_attention");
    struct gpu_result result;
    const struct gpu_call again = {.image = LAUNCHER_STUDENT};
    expect_right(bench, 0);
    fine(gpu_runner_call(bench->runner, &again, &result)); /* not filled anew */
    gpu_runner_answer(bench->runner, &bench->answer);
    assert_int_equal(judged(bench).verdict, VERDICT_PASS);
}

static void a_write_beside_a_tensor_is_seen(void **state)
{
    struct bench *bench = runner_make(state, LAUNCH("attention_beside"), "host_twin_attention");
    const struct gpu_result result = call(bench, 0);
    assert_int_equal(result.end, GPU_DONE);
    assert_int_equal(result.reply.outside, spec_argument_index(&bench->spec, "o"));
}

static void repeats_hand_their_index_over_in_order(void **state)
{
    static const char source[] =
        "//@ scratch s 64\n//@ repeat i 3\n//@ launch count<<<1, 1>>>(i, o)\n"
        "//@ launch count<<<1, 1>>>(i, s)\n//@ end\n"
        "//@ launch count<<<1, 1>>>(7, o)\n";
    struct bench *bench = runner_make(state, source, "host_twin_attention");
    assert_int_equal(call(bench, 0).end, GPU_DONE);
    /* NaN, then 1, then 1*10+1+1 = 12, then 12*10+1+2 = 123, and 123*10+1+7 */
    assert_true(
        ((const float *)bench->answer.call.tensors[spec_argument_index(&bench->spec, "o")].at)[0] ==
        1238.0F);
}

/* Every fault of a kernel: whose it is, what it is called; and that the next job is clean. */
static void faults_are_told_apart_and_leave_nothing(void **state)
{
    static const struct row {
        const char *knob;
        enum verdict verdict;
        const char *code;
    } rows[] = {
        {"illegal_address", VERDICT_RUNTIME_ERROR, "illegal_address"},
        {"misaligned", VERDICT_RUNTIME_ERROR, "misaligned_address"},
        {"hardware_stack", VERDICT_RUNTIME_ERROR, "device_stack"},
        {"trap", VERDICT_RUNTIME_ERROR, "trap"},
        {"launch_failure", VERDICT_RUNTIME_ERROR, "launch_failure"},
        {"out_of_range", VERDICT_RUNTIME_ERROR, "launch_out_of_range"},
        {"bad_geometry", VERDICT_RUNTIME_ERROR, "launch_out_of_range"},
        {"memory_at_launch", VERDICT_MEMORY_LIMIT, "device_memory"},
        {"memory_at_load", VERDICT_MEMORY_LIMIT, "device_memory"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char image[64];
        (void)snprintf(image, sizeof image, "host_knob_%s", rows[i].knob);
        struct bench *bench = runner_make(state, LAUNCH("attention"), image);
        const struct gpu_result result = call(bench, 0);
        assert_int_equal(result.end, GPU_FAULT);
        const struct gpu_meaning *meaning =
            gpu_fault_meaning(result.reply.stage, result.reply.code);
        if (meaning->blame != GPU_THEIRS || meaning->verdict != rows[i].verdict ||
            strcmp(meaning->code, rows[i].code) != 0)
            fail_msg("%s: %s %s (stage %u, code %d)", rows[i].knob, verdict_word(meaning->verdict),
                     meaning->code, result.reply.stage, result.reply.code);
        assert_true(bench->gpu.present);
        expect_clean(state);
    }
}

static void a_real_write_far_outside_is_an_illegal_address(void **state)
{
    struct bench *bench = runner_make(state, LAUNCH("attention_wild"), "host_twin_attention");
    const struct gpu_result result = call(bench, 0);
    assert_int_equal(result.end, GPU_FAULT);
    assert_int_equal(result.reply.code, 700);
    expect_clean(state);
}

static void a_cubin_that_does_not_load_is_ours(void **state)
{
    static const char *const images[] = {"host_knob_bad_image", "host_knob_other_device",
                                         "host_twin_not_there"};
    for (size_t i = 0; i < COUNT(images); i++) {
        struct bench *bench = runner_make(state, LAUNCH("attention"), images[i]);
        const struct gpu_result result = call(bench, 0);
        assert_int_equal(result.end, GPU_FAULT);
        assert_int_equal(gpu_fault_meaning(result.reply.stage, result.reply.code)->blame, GPU_OURS);
        assert_true(err_is(gpu_process_err(&bench->gpu, &result)));
        assert_true(bench->gpu.present);
        expect_clean(state);
    }
}

static void an_endless_kernel_is_killed_in_time(void **state)
{
    struct bench *bench = *state;
    const int64_t before = bench->spec.limits.wall_ms;
    bench->spec.limits.wall_ms = 300;
    bench = runner_make(state, LAUNCH("attention"), "host_knob_endless");
    const int64_t started_ms = clock_ms();
    const struct gpu_result result = call(bench, 0);
    assert_int_equal(result.end, GPU_WALL_LIMIT);
    assert_true(result.took_ns >= 300 * 1000000LL);
    assert_true(bench->gpu.present);
    bench->spec.limits.wall_ms = before;
    expect_clean(state);
    assert_true(clock_ms() - started_ms < 300 + 5000);
}

static void a_driver_that_crashes_is_ours(void **state)
{
    struct bench *bench = runner_make(state, LAUNCH("attention"), "host_knob_crash");
    const struct gpu_result result = call(bench, 0);
    assert_int_equal(result.end, GPU_DIED);
    assert_int_equal(result.died.end, SANDBOX_SIGNALLED);
    struct err err = gpu_process_err(&bench->gpu, &result);
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_true(bench->gpu.present);
    expect_clean(state);
}

/* A device that says that it is no more: never again by this worker, nor by the next. */
static void a_lost_device_goes_into_quarantine(void **state)
{
    static const char *const knobs[] = {"lost", "ecc", "unknown"};
    (void)state;
    for (size_t i = 0; i < COUNT(knobs); i++) {
        char image[64];
        struct bench *bench = bench_make("libcuda.so.1");
        void *mine = bench;
        (void)snprintf(image, sizeof image, "host_knob_%s", knobs[i]);
        runner_make(&mine, LAUNCH("attention"), image);
        const struct gpu_result result = call(bench, 0);
        assert_int_equal(result.end, GPU_FAULT);
        assert_true(err_is(gpu_process_err(&bench->gpu, &result)));
        assert_false(bench->gpu.present);
        assert_non_null(strstr(bench->gpu.why, "quarantine"));
        struct err err = gpu_runner_ready(bench->runner, NULL);
        assert_int_equal(err.code, ERR_INTERNAL);
        runner_drop(bench);
        gpu_close(&bench->gpu);
        open_gpu(bench);
        assert_false(bench->gpu.present);
        assert_true(bench->gpu.quarantined);
        assert_non_null(strstr(bench->gpu.why, "quarantine"));
        bench_drop(bench);
    }
}

static void a_launcher_that_is_not_gone_in_time_means_quarantine(void **state)
{
    (void)state;
    struct bench *bench = bench_make("libcuda.so.1");
    void *mine = bench;
    bench->spec.limits.wall_ms = 200;
    bench->gpu.reap_ms = 0; /* nothing is that quick */
    runner_make(&mine, LAUNCH("attention"), "host_knob_endless");
    const struct gpu_result result = call(bench, 0);
    assert_int_equal(result.end, GPU_WALL_LIMIT);
    assert_true(bench->gpu.quarantined);
    assert_false(bench->gpu.present);
    bench_drop(bench);
}

static void a_quarantine_of_an_earlier_boot_is_over(void **state)
{
    char path[256];
    (void)state;
    struct bench *bench = bench_make("libcuda.so.1");
    gpu_quarantine(&bench->gpu, "for a test");
    gpu_close(&bench->gpu);
    (void)snprintf(path, sizeof path, "%s-%u/gpu0.quarantine", bench->fixture.locks,
                   (unsigned)geteuid());
    static const char other[] = "00000000-0000-0000-0000-000000000000\nfor a test\n";
    fine(fdio_write_file(path, other, strlen(other), 0644));
    open_gpu(bench);
    assert_true(bench->gpu.present);
    bench_drop(bench);
}

/* What any user may do where everybody may write: links, pipes, files and folders made before. */
static void nobody_else_makes_up_or_redirects_a_quarantine(void **state)
{
    char path[256], own[256], aim[256];
    struct stat info;
    (void)state;
    struct bench *bench = bench_make("libcuda.so.1");
    (void)snprintf(own, sizeof own, "%s-%u", bench->fixture.locks, (unsigned)geteuid());
    (void)snprintf(aim, sizeof aim, "%s/aim", bench->fixture.folder);
    assert_true(bench->gpu.present);
    gpu_close(&bench->gpu);

    /* A file beside the folder says nothing. */
    (void)snprintf(path, sizeof path, "%s-gpu0.quarantine", bench->fixture.locks);
    fine(fdio_write_file(path, "made up\n", 8, 0644));
    open_gpu(bench);
    assert_true(bench->gpu.present);

    /* A link in the folder's place while the worker has the device: nothing is written there. */
    assert_int_equal(mkdir(aim, 0755), 0);
    assert_int_equal(rmdir(own), 0);
    assert_int_equal(symlink(aim, own), 0);
    gpu_quarantine(&bench->gpu, "for a test");
    assert_true(bench->gpu.quarantined);
    assert_int_equal(rmdir(aim), 0); /* still empty */
    gpu_close(&bench->gpu);

    /* No folder of its own: no device. */
    open_gpu(bench);
    assert_false(bench->gpu.present);
    assert_false(bench->gpu.quarantined);
    assert_non_null(strstr(bench->gpu.why, "--gpu-locks"));
    assert_int_equal(unlink(own), 0);
    assert_int_equal(mkdir(own, 0700), 0);
    assert_int_equal(chmod(own, 0777), 0);
    open_gpu(bench);
    assert_false(bench->gpu.present);
    assert_non_null(strstr(bench->gpu.why, "not of this user alone"));
    assert_int_equal(chmod(own, 0700), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(own, 65534, 65534), 0);
        open_gpu(bench);
        assert_false(bench->gpu.present);
        assert_int_equal(chown(own, 0, 0), 0);
    }
    open_gpu(bench);
    assert_true(bench->gpu.present);
    assert_int_equal(stat(own, &info), 0);
    bench_drop(bench);
}

static void a_claim_follows_no_link_and_waits_for_no_pipe(void **state)
{
    char path[256], aim[256];
    struct stat info;
    (void)state;
    struct bench *bench = bench_make("libcuda.so.1");
    (void)snprintf(path, sizeof path, "%s-gpu0.lock", bench->fixture.locks);
    (void)snprintf(aim, sizeof aim, "%s/aim", bench->fixture.folder);
    gpu_close(&bench->gpu);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(aim, path), 0); /* to nothing: a file would be made there */
    open_gpu(bench);
    assert_false(bench->gpu.present);
    assert_int_equal(stat(aim, &info), -1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0666), 0);
    open_gpu(bench);
    assert_false(bench->gpu.present);
    assert_int_equal(unlink(path), 0);
    open_gpu(bench);
    assert_true(bench->gpu.present);
    bench_drop(bench);
}

static void a_device_has_one_worker_at_a_time(void **state)
{
    struct bench *bench = *state;
    struct gpu *second = calloc(1, sizeof *second);
    assert_non_null(second);
    const struct gpu_options options = bench->gpu.options;
    gpu_open(second, &options);
    assert_false(second->present);
    assert_non_null(strstr(second->why, "another worker has it"));
    gpu_close(second);
    gpu_close(&bench->gpu);
    gpu_open(second, &options); /* the claim goes with whoever had it */
    assert_true(second->present);
    gpu_close(second);
    free(second);
    open_gpu(bench);
    assert_true(bench->gpu.present);
}

static void drivers_that_are_not_right_say_what_is_wrong(void **state)
{
    static const struct row {
        const char *driver, *says;
    } rows[] = {
        {"lacking.so", "lacks cuLaunchKernel"},
        {"old.so", "CUDA 11.8; 12.0 is needed"},
        {"deviceless.so", "finds no device"},
        {"unready.so", "cuInit: error 100"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bench *bench = bench_make(rows[i].driver);
        assert_false(bench->gpu.present);
        assert_false(bench->gpu.quarantined);
        if (strstr(bench->gpu.why, rows[i].says) == NULL)
            fail_msg("%s: '%s' does not say '%s'", rows[i].driver, bench->gpu.why, rows[i].says);
        bench_drop(bench);
    }
}

static void a_driver_may_be_slow_and_lack_what_is_optional(void **state)
{
    static const char *const drivers[] = {"late.so", "bare.so"};
    (void)state;
    for (size_t i = 0; i < COUNT(drivers); i++) {
        struct bench *bench = bench_make(drivers[i]);
        void *mine = bench;
        assert_true(bench->gpu.present);
        expect_clean(&mine);
        bench_drop(bench);
    }
}

static void a_device_that_gives_no_context_is_lost(void **state)
{
    (void)state;
    struct bench *bench = bench_make("dead.so");
    void *mine = bench;
    assert_true(bench->gpu.present); /* it still tells its name */
    runner_make(&mine, LAUNCH("attention"), "host_twin_attention");
    assert_true(err_is(gpu_runner_ready(bench->runner, NULL)));
    assert_true(bench->gpu.quarantined);
    bench_drop(bench);
}

static void a_slice_is_a_class_of_its_own(void **state)
{
    (void)state;
    struct bench *bench = bench_make("slice.so");
    assert_string_equal(bench->gpu.class_name, "gpu:sm_90-1g.10gb");
    bench_drop(bench);
}

static void a_device_shared_by_mps_is_refused(void **state)
{
    (void)state;
    assert_non_null(strstr(gpu_mps_words("/tmp/pipes"), "MPS"));
    assert_string_equal(gpu_mps_words(""), gpu_mps_words(NULL));
    struct gpu *gpu = calloc(1, sizeof *gpu);
    assert_non_null(gpu);
    assert_int_equal(setenv("CUDA_MPS_PIPE_DIRECTORY", "/tmp/pipes", 1), 0);
    gpu_open(gpu, &(struct gpu_options){.which = "auto", .locks = "/nowhere/claim"});
    assert_int_equal(unsetenv("CUDA_MPS_PIPE_DIRECTORY"), 0);
    assert_false(gpu->present);
    assert_non_null(strstr(gpu->why, "MPS"));
    gpu_close(gpu);
    free(gpu);
}

static void a_case_that_no_device_could_hold_is_refused_first(void **state)
{
    struct bench *bench = *state;
    const int64_t before = bench->gpu.facts.total_bytes;
    const int one = case_of(bench);
    struct gpu_runner *runner = NULL;
    runner_drop(bench);
    program_make(bench, 0, LAUNCH("attention"), "host_twin_attention");
    const struct gpu_runner_plan plan = {.gpu = &bench->gpu,
                                         .spec = &bench->spec,
                                         .programs = {&bench->programs[0], NULL},
                                         .cases = &one,
                                         .cases_count = 1};
    bench->gpu.facts.total_bytes = 4096;
    assert_int_equal(gpu_runner_new(&runner, &plan).code, ERR_LIMIT);
    bench->gpu.facts.total_bytes = before;
}

static void views_with_mistakes_name_the_line(void **state)
{
    static const struct row {
        const char *text, *says;
    } rows[] = {
        {"device /dev/null\nlibrary /x\n", "line 1: a device wants PATH and NAME"},
        {"library /x\ndevice /dev/null a\nfolder /y\n", "line 3"},
        {"device /dev/null a\n", "lists no library"},
        {"# empty\n", "lists no library"},
        {"library x\n", "line 1: 'library' wants an absolute path"},
    };
    const struct bench *bench = *state;
    static struct gpu_host host;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/wrong", bench->fixture.folder);
    for (size_t i = 0; i < COUNT(rows); i++) {
        fine(fdio_write_file(path, rows[i].text, strlen(rows[i].text), 0644));
        struct err err = gpu_read(path, &host);
        free(host.listed);
        assert_int_equal(err.code, ERR_INPUT);
        if (strstr(err.text, rows[i].says) == NULL)
            fail_msg("'%s' does not say '%s'", err.text, rows[i].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_tells_what_it_is),
        cmocka_unit_test(a_right_kernel_is_right_every_time),
        cmocka_unit_test(time_is_what_lies_between_our_events),
        cmocka_unit_test(free_memory_is_overwritten_before_a_module_is_loaded),
        cmocka_unit_test(an_output_that_is_not_written_says_so),
        cmocka_unit_test(shared_memory_beyond_48_kib_is_asked_for),
        cmocka_unit_test(every_ranked_case_fits_a_device_with_its_scratch),
        cmocka_unit_test(wrong_numbers_are_wrong),
        cmocka_unit_test(an_answer_of_before_is_caught_by_fresh_inputs),
        cmocka_unit_test(a_kernel_finds_nothing_of_the_baseline),
        cmocka_unit_test(a_program_that_another_wrote_over_is_loaded_anew),
        cmocka_unit_test(an_event_that_lies_does_not_count),
        cmocka_unit_test(the_host_s_clock_counts_from_a_tenth_and_a_least_on),
        cmocka_unit_test(inputs_that_a_kernel_spoils_are_there_again),
        cmocka_unit_test(a_write_beside_a_tensor_is_seen),
        cmocka_unit_test(repeats_hand_their_index_over_in_order),
        cmocka_unit_test(faults_are_told_apart_and_leave_nothing),
        cmocka_unit_test(a_real_write_far_outside_is_an_illegal_address),
        cmocka_unit_test(a_cubin_that_does_not_load_is_ours),
        cmocka_unit_test(an_endless_kernel_is_killed_in_time),
        cmocka_unit_test(a_driver_that_crashes_is_ours),
        cmocka_unit_test(a_lost_device_goes_into_quarantine),
        cmocka_unit_test(a_launcher_that_is_not_gone_in_time_means_quarantine),
        cmocka_unit_test(a_quarantine_of_an_earlier_boot_is_over),
        cmocka_unit_test(nobody_else_makes_up_or_redirects_a_quarantine),
        cmocka_unit_test(a_claim_follows_no_link_and_waits_for_no_pipe),
        cmocka_unit_test(a_device_has_one_worker_at_a_time),
        cmocka_unit_test(drivers_that_are_not_right_say_what_is_wrong),
        cmocka_unit_test(a_driver_may_be_slow_and_lack_what_is_optional),
        cmocka_unit_test(a_device_that_gives_no_context_is_lost),
        cmocka_unit_test(a_slice_is_a_class_of_its_own),
        cmocka_unit_test(a_device_shared_by_mps_is_refused),
        cmocka_unit_test(a_case_that_no_device_could_hold_is_refused_first),
        cmocka_unit_test(views_with_mistakes_name_the_line),
    };
    return cmocka_run_group_tests_name("gpu runner", tests, bench_setup, bench_teardown);
}
