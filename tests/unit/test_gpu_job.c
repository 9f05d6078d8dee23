/* A real worker with a stand-in GPU: CUDA sources are compiled by the real compiler, audited,
 * launched by the real launcher in its sandbox, judged and timed. Only what a kernel computes comes
 * from a twin on the host (tests/driver). Where this host has no NVRTC, all of it is skipped. */
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/gpu_fixture.h"
#include "tests/unit/support/worker_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CASES 17 /* of attention, without the ranked ones */
#define HEAD(name, words)                                                                          \
    "#include \"attention.cuh\"\n//@ launch " name                                                 \
    "<<<(Tq, H, B), 128>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)\n"                             \
    "extern \"C\" { " words " __global__ void " name                                               \
    "(int H, int Tq, int Tk, int D, const float *q, const float *k, const float *v,"               \
    " const int *kvlen, int causal, float *o) { o[0] = q[0]; } }\n"
#define TWIN "__device__ int host_twin_attention;"
#define KNOB(word) "__device__ int host_knob_" word ";"

struct bench {
    struct gpu_fixture fixture;
    struct worker_client client;
    bool up;
    char overlay[128], lock[128], cache[128];
};

/* The ranked case of a GPU, in a size for the host. */
static void overlay_make(struct bench *bench)
{
    static const char large[] = "{\"B\":4,\"H\":32,\"Tq\":4096,\"Tk\":4096,\"D\":128}";
    static const char small[] = "{\"B\":1,\"H\":2,\"Tq\":32,\"Tk\":32,\"D\":16}";
    char path[512];
    auto_buf struct buf text = buf_of(1 << 20), changed = buf_of(1 << 20);
    struct err err = fdio_read_file("assignments/attention/assignment.json", &text);
    assert_string_equal(err.text, "");
    const char *const at = strstr(text.at, large);
    assert_non_null(at);
    buf_append(&changed, text.at, (size_t)(at - text.at));
    buf_text(&changed, small);
    buf_text(&changed, at + strlen(large));
    (void)snprintf(bench->overlay, sizeof bench->overlay, "%s/assignments", bench->fixture.folder);
    (void)snprintf(path, sizeof path, "%s/attention", bench->overlay);
    assert_int_equal(mkdir(bench->overlay, 0755), 0);
    assert_int_equal(mkdir(path, 0755), 0);
    (void)snprintf(path, sizeof path, "%s/attention/assignment.json", bench->overlay);
    err = fdio_write_file(path, changed.at, changed.size, 0644);
    assert_string_equal(err.text, "");
}

static void worker_start(struct bench *bench)
{
    (void)snprintf(bench->cache, sizeof bench->cache, "%s/cache", bench->fixture.folder);
    const char *const arguments[] = {
        "--cache",     bench->cache,         "--home",        ".",         "--name",
        "gpu-bench",   "--assignments",      bench->overlay,  "--gpu",     bench->fixture.view,
        "--gpu-locks", bench->fixture.locks, "--timing-lock", bench->lock, NULL};
    bench->up = client_start(&bench->client, arguments);
}

static struct bench *bench_make(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    struct err err = gpu_fixture_make(&bench->fixture, "libcuda.so.1");
    assert_string_equal(err.text, "");
    overlay_make(bench);
    (void)snprintf(bench->lock, sizeof bench->lock, "%s/timing", bench->fixture.folder);
    worker_start(bench);
    return bench;
}

static void bench_drop(struct bench *bench)
{
    char command[256];
    if (bench->up)
        assert_int_equal(client_stop(&bench->client), 0);
    (void)snprintf(command, sizeof command, "rm -rf %s", bench->fixture.folder); /* fits */
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a test's own words
    free(bench);
}

static int bench_setup(void **state)
{
    *state = bench_make();
    return 0;
}

static int bench_teardown(void **state)
{
    bench_drop(*state);
    return 0;
}

static void need_compiler(const struct bench *bench)
{
    if (!bench->up || bench->client.hello.cuda[0] == '\0') {
        print_message("skipped: no CUDA toolkit (libnvrtc) on this host\n");
        skip();
    }
}

static void run_case(struct bench *bench, enum job_kind kind, const char *source, const char *one,
                     struct client_events *out)
{
    struct job job = client_job_text(kind, "attention", source);
    (void)snprintf(job.only_case, sizeof job.only_case, "%s", one);
    job.device = DEVICE_GPU;
    (void)snprintf(job.file_name, sizeof job.file_name, "attention.cu");
    client_run(&bench->client, &job, out);
    job_release(&job);
}

static void run(struct bench *bench, enum job_kind kind, const char *source,
                struct client_events *out)
{
    run_case(bench, kind, source, "", out);
}

static const struct wire_done *done_of(const struct client_events *events)
{
    return &events->list[events->count - 1].done;
}

/* Every correctness case is there; returns how many have this verdict. */
static int count_of(const struct client_events *events, enum verdict verdict)
{
    int count = 0, cases = 0;
    for (int i = 0; i < events->count; i++)
        if (events->list[i].kind == EVENT_CASE) {
            cases++;
            count += events->list[i].one.verdict == verdict;
        }
    assert_int_equal(cases, CASES);
    return count;
}

static void expect_all_right(struct bench *bench)
{
    struct client_events events;
    run(bench, JOB_CHECK, HEAD("attention", TWIN), &events);
    const struct wire_case *bad = client_first_bad(&events);
    if (bad != NULL)
        fail_msg("case %d: %s %s %s", bad->index, verdict_word(bad->verdict), bad->code,
                 bad->detail);
    assert_int_equal(done_of(&events)->outcome, OUTCOME_CHECKED);
    assert_int_equal(count_of(&events, VERDICT_PASS), CASES);
    client_events_release(&events);
}

static void a_worker_tells_what_gpu_it_has(void **state)
{
    const struct bench *bench = *state;
    need_compiler(bench);
    const struct wire_hello *hello = &bench->client.hello;
    assert_string_equal(hello->gpu, "gpu:sm_90");
    assert_string_equal(hello->gpu_name, "Stand-in for tests");
    assert_int_equal(hello->gpu_memory_bytes >> 20, 40);
    assert_string_equal(hello->gpu_why, "");
    assert_int_equal(hello->gpu_quarantined, 0);
    assert_non_null(strstr(hello->cuda, "sm_90"));
}

static void right_kernels_pass_every_case(void **state)
{
    struct bench *bench = *state;
    need_compiler(bench);
    expect_all_right(bench);
}

static void wrong_numbers_are_wrong_and_explained(void **state)
{
    struct bench *bench = *state;
    struct client_events events;
    need_compiler(bench);
    run(bench, JOB_CHECK, HEAD("attention_half", TWIN), &events);
    assert_int_equal(done_of(&events)->outcome, OUTCOME_CHECKED);
    assert_true(count_of(&events, VERDICT_WRONG) > CASES / 2);
    const struct wire_case *bad = client_first_bad(&events);
    assert_true(bad->has_mismatch);
    assert_string_equal(bad->mismatch.tensor, "o");
    client_events_release(&events);
}

static void an_answer_kept_from_before_is_wrong(void **state)
{
    struct bench *bench = *state;
    struct client_events events;
    need_compiler(bench);
    run(bench, JOB_CHECK, HEAD("replay", TWIN), &events);
    /* The second call of each case meets other inputs than the first. */
    assert_int_equal(count_of(&events, VERDICT_PASS), 0);
    client_events_release(&events);
}

static void a_fault_is_told_per_case_and_the_next_job_is_clean(void **state)
{
    static const struct row {
        const char *source;
        enum verdict verdict;
        const char *code;
    } rows[] = {
        {HEAD("a", KNOB("illegal_address")), VERDICT_RUNTIME_ERROR, "illegal_address"},
        {HEAD("a", KNOB("trap")), VERDICT_RUNTIME_ERROR, "trap"},
        {HEAD("a", KNOB("launch_failure")), VERDICT_RUNTIME_ERROR, "launch_failure"},
        {HEAD("a", KNOB("out_of_range")), VERDICT_RUNTIME_ERROR, "launch_out_of_range"},
        {HEAD("attention_wild", TWIN), VERDICT_RUNTIME_ERROR, "illegal_address"},
        {HEAD("attention_beside", TWIN), VERDICT_RUNTIME_ERROR, "outside_write"},
        {HEAD("a", KNOB("memory_at_load")), VERDICT_MEMORY_LIMIT, "device_memory"},
    };
    struct bench *bench = *state;
    need_compiler(bench);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct client_events events;
        run_case(bench, JOB_CHECK, rows[i].source, "small", &events);
        assert_int_equal(done_of(&events)->outcome, OUTCOME_CHECKED);
        const struct wire_case *bad = client_first_bad(&events);
        assert_non_null(bad);
        assert_int_equal(bad->verdict, rows[i].verdict);
        assert_string_equal(bad->code, rows[i].code);
        assert_true(bad->detail[0] != '\0');
        client_events_release(&events);
    }
    expect_all_right(bench);
}

static void a_refused_source_costs_no_device(void **state)
{
    struct bench *bench = *state;
    struct client_events events;
    need_compiler(bench);
    run(bench, JOB_CHECK, "__global__ void f() {}\n", &events);
    assert_int_equal(done_of(&events)->outcome, OUTCOME_COMPILE_ERROR);
    client_events_release(&events);
}

static void a_timing_has_figures_clocks_and_pairs(void **state)
{
    struct bench *bench = *state;
    struct client_events events;
    need_compiler(bench);
    run(bench, JOB_TIME, HEAD("attention_2ms", TWIN), &events);
    const struct wire_done *done = done_of(&events);
    if (done->outcome != OUTCOME_TIMED)
        fail_msg("%s: %s", outcome_word(done->outcome), done->message);
    const struct wire_timed *timed = &events.list[events.count - 2].timed;
    assert_int_equal(events.list[events.count - 2].kind, EVENT_TIMED);
    assert_int_equal(timed->index, CASES);
    assert_int_equal(timed->check.verdict, VERDICT_PASS);
    assert_true(timed->measured);
    assert_true(timed->pairs >= 16);
    /* 4 ms of sleep against 2 ms and some arithmetic, on a machine with neighbours */
    assert_true(timed->speedup > 1.2 && timed->speedup < 2.5);
    assert_true(timed->low <= timed->speedup && timed->speedup <= timed->high);
    assert_true(timed->floor_us >= 0 && timed->floor_us < 1000);
    assert_int_equal(timed->sm_mhz, 1755);
    assert_int_equal(timed->memory_mhz, 2619);
    assert_int_equal(timed->clock_reasons, 4);
    assert_int_equal(timed->dropped, 0);
    assert_int_equal(timed->ratios_count, timed->pairs);
    client_events_release(&events);
}

static void a_wrong_answer_has_no_time(void **state)
{
    static const char *const sources[] = {HEAD("attention_half", TWIN), HEAD("replay", TWIN)};
    struct bench *bench = *state;
    need_compiler(bench);
    for (size_t i = 0; i < COUNT(sources); i++) {
        struct client_events events;
        run(bench, JOB_TIME, sources[i], &events);
        assert_int_equal(done_of(&events)->outcome, OUTCOME_TIMED);
        const struct wire_timed *timed = &events.list[events.count - 2].timed;
        assert_int_equal(timed->check.verdict, VERDICT_WRONG);
        assert_false(timed->measured);
        client_events_release(&events);
    }
}

/* A kernel that spoils the baseline's code, or the events' times, gains nothing. */
static void neither_a_spoilt_baseline_nor_a_lying_event_is_a_gain(void **state)
{
    static const char *const sources[] = {HEAD("attention_2ms", KNOB("scribbles") TWIN),
                                          HEAD("attention_2ms", KNOB("event_lies") TWIN)};
    struct bench *bench = *state;
    need_compiler(bench);
    for (size_t i = 0; i < COUNT(sources); i++) {
        struct client_events events;
        run(bench, JOB_TIME, sources[i], &events);
        assert_int_equal(done_of(&events)->outcome, OUTCOME_TIMED);
        const struct wire_timed *timed = &events.list[events.count - 2].timed;
        assert_true(timed->measured);
        if (timed->speedup < 1.2 || timed->speedup > 2.5)
            fail_msg("source %zu: speed-up %g", i, timed->speedup);
        client_events_release(&events);
    }
}

static void a_wrong_baseline_is_our_failure(void **state)
{
    struct client_events events;
    struct bench *bench = *state;
    need_compiler(bench);
    run(bench, JOB_TIME, HEAD("attention_2ms", KNOB("ruins") TWIN), &events);
    assert_int_equal(done_of(&events)->outcome, OUTCOME_SYSTEM_ERROR);
    assert_non_null(strstr(done_of(&events)->message, "baseline"));
    client_events_release(&events);
    expect_all_right(bench);
}

static void pairs_of_a_hot_device_are_dropped_and_measured_again(void **state)
{
    struct client_events events;
    (void)state;
    assert_int_equal(setenv("FAKE_THROTTLED", "4", 1), 0);
    struct bench *bench = bench_make();
    assert_int_equal(unsetenv("FAKE_THROTTLED"), 0);
    if (bench->client.hello.cuda[0] != '\0') {
        run(bench, JOB_TIME, HEAD("attention_2ms", TWIN), &events);
        const struct wire_timed *timed = &events.list[events.count - 2].timed;
        assert_true(timed->measured);
        assert_int_equal(timed->dropped, 2); /* four looks, two of them a pair */
        assert_int_equal(timed->clock_reasons, 0x44);
        assert_true(timed->pairs >= 16);
        client_events_release(&events);
    }
    bench_drop(bench);
}

static void nothing_is_timed_beside_mps(void **state)
{
    struct client_events events;
    (void)state;
    assert_int_equal(setenv("FAKE_SHARED", "1", 1), 0);
    struct bench *bench = bench_make();
    assert_int_equal(unsetenv("FAKE_SHARED"), 0);
    if (bench->client.hello.cuda[0] != '\0') {
        run(bench, JOB_TIME, HEAD("attention_2ms", TWIN), &events);
        assert_int_equal(done_of(&events)->outcome, OUTCOME_SYSTEM_ERROR);
        assert_non_null(strstr(done_of(&events)->message, "MPS"));
        client_events_release(&events);
    }
    bench_drop(bench);
}

static void a_second_worker_has_no_gpu_and_says_who_has(void **state)
{
    struct bench *bench = *state;
    struct bench second = *bench;
    struct client_events events;
    need_compiler(bench);
    worker_start(&second);
    assert_true(second.up);
    assert_string_equal(second.client.hello.gpu, "");
    assert_non_null(strstr(second.client.hello.gpu_why, "another worker has it"));
    run(&second, JOB_CHECK, HEAD("attention", TWIN), &events);
    assert_int_equal(done_of(&events)->outcome, OUTCOME_COMPILED_ONLY);
    assert_non_null(strstr(done_of(&events)->message, "another worker has it"));
    client_events_release(&events);
    assert_int_equal(client_stop(&second.client), 0);
}

/* The device says that it is no more: our failure, told before the job's end, and for good. */
static void a_lost_device_leaves_the_pool(void **state)
{
    struct client_events events;
    (void)state;
    struct bench *bench = bench_make();
    if (bench->client.hello.cuda[0] != '\0') {
        run(bench, JOB_CHECK, HEAD("a", KNOB("lost")), &events);
        assert_int_equal(done_of(&events)->outcome, OUTCOME_SYSTEM_ERROR);
        assert_string_equal(bench->client.hello.gpu, "");
        assert_int_equal(bench->client.hello.gpu_quarantined, 1);
        assert_non_null(strstr(bench->client.hello.gpu_why, "quarantine"));
        client_events_release(&events);
        run(bench, JOB_CHECK, HEAD("attention", TWIN), &events);
        assert_int_equal(done_of(&events)->outcome, OUTCOME_COMPILED_ONLY);
        client_events_release(&events);
        assert_int_equal(client_stop(&bench->client), 0);
        worker_start(bench); /* as the service would */
        assert_string_equal(bench->client.hello.gpu, "");
        assert_int_equal(bench->client.hello.gpu_quarantined, 1);
    }
    bench_drop(bench);
}

static void an_endless_kernel_ends_by_the_rules_and_the_next_job_is_clean(void **state)
{
    char path[512];
    struct client_events events;
    (void)state;
    /* With a limit that a test can wait for. */
    struct bench *bench = bench_make();
    assert_int_equal(bench->up ? client_stop(&bench->client) : 0, 0);
    auto_buf struct buf text = buf_of(1 << 20);
    (void)snprintf(path, sizeof path, "%s/attention/assignment.json", bench->overlay);
    struct err err = fdio_read_file(path, &text);
    assert_string_equal(err.text, "");
    static const struct change {
        const char *from, *to; /* equally long */
    } changes[] = {{"\"wall_ms\": 15000", "\"wall_ms\":   400"},
                   {"\"cpu_ms\": 10000", "\"cpu_ms\":   400"}};
    for (size_t i = 0; i < COUNT(changes); i++) {
        char *const at = strstr(text.at, changes[i].from);
        assert_non_null(at);
        for (size_t j = 0; changes[i].to[j] != '\0'; j++)
            at[j] = changes[i].to[j];
    }
    err = fdio_write_file(path, text.at, text.size, 0644);
    assert_string_equal(err.text, "");
    worker_start(bench);
    if (bench->client.hello.cuda[0] != '\0') {
        run(bench, JOB_CHECK, HEAD("a", KNOB("endless")), &events);
        assert_int_equal(done_of(&events)->outcome, OUTCOME_CHECKED);
        assert_int_equal(count_of(&events, VERDICT_TIME_LIMIT), 2);
        assert_int_equal(count_of(&events, VERDICT_NOT_RUN), CASES - 2);
        client_events_release(&events);
        expect_all_right(bench);
    }
    bench_drop(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_tells_what_gpu_it_has),
        cmocka_unit_test(right_kernels_pass_every_case),
        cmocka_unit_test(wrong_numbers_are_wrong_and_explained),
        cmocka_unit_test(an_answer_kept_from_before_is_wrong),
        cmocka_unit_test(a_fault_is_told_per_case_and_the_next_job_is_clean),
        cmocka_unit_test(a_refused_source_costs_no_device),
        cmocka_unit_test(a_timing_has_figures_clocks_and_pairs),
        cmocka_unit_test(a_wrong_answer_has_no_time),
        cmocka_unit_test(neither_a_spoilt_baseline_nor_a_lying_event_is_a_gain),
        cmocka_unit_test(a_wrong_baseline_is_our_failure),
        cmocka_unit_test(pairs_of_a_hot_device_are_dropped_and_measured_again),
        cmocka_unit_test(nothing_is_timed_beside_mps),
        cmocka_unit_test(a_second_worker_has_no_gpu_and_says_who_has),
        cmocka_unit_test(a_lost_device_leaves_the_pool),
        cmocka_unit_test(an_endless_kernel_ends_by_the_rules_and_the_next_job_is_clean),
    };
    return cmocka_run_group_tests_name("gpu job", tests, bench_setup, bench_teardown);
}
