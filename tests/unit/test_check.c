/* The check job of a real worker: verdicts, rules, what is told and what is not. */
#include "sandbox/base/buf.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/worker_client.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "tests/submissions/attention/"
#define HEAD "#include \"attention.h\"\n#include <stdio.h>\n#include <stdlib.h>\n"
#define SIGNATURE                                                                                  \
    "void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q,"                 \
    " const float *restrict k, const float *restrict v, const int *restrict kvlen, int causal,"    \
    " float *restrict o)\n"
#define CASES 17 /* of attention, without the ranked ones */

struct bench {
    struct worker_client client;
    bool up;
    char home[64]; /* a folder to remove, or "" */
};

static int bench_start(void **state, const char *home)
{
    const char *const arguments[] = {"--home", home, "--name", "bench", NULL};
    struct bench *bench = calloc(1, sizeof *bench);
    if (bench == NULL)
        return -1;
    bench->up = client_start(&bench->client, arguments);
    *state = bench;
    return 0;
}

static int bench_setup(void **state)
{
    return bench_start(state, ".");
}

static int bench_teardown(void **state)
{
    struct bench *bench = *state;
    char command[128];
    int code = bench->up ? client_stop(&bench->client) : 0;

    (void)snprintf(command, sizeof command, "rm -rf %s", bench->home); /* fits */
    if (bench->home[0] != '\0' && system(command) != 0) // NOLINT(cert-env33-c): a test's own words
        code = -1;
    free(bench);
    return code;
}

static struct worker_client *client_of(void **state)
{
    struct bench *bench = *state;
    if (!bench->up)
        skip();
    return &bench->client;
}

static void run_text(void **state, const char *text, struct client_events *events)
{
    struct job job = client_job_text(JOB_CHECK, "attention", text);
    client_run(client_of(state), &job, events);
    job_release(&job);
}

static const struct wire_done *done_of(const struct client_events *events)
{
    return &events->list[events->count - 1].done;
}

static bool has_finding(const struct client_events *events)
{
    return events->count > 1 && events->list[events->count - 2].kind == EVENT_FINDING;
}

static void hello_says_what_this_worker_is(void **state)
{
    const struct wire_hello *hello = &client_of(state)->hello;
    assert_string_equal(hello->worker, "bench");
    assert_true(strncmp(hello->class_name, "cpu:", 4) == 0);
    assert_true(hello->processors >= 1);
    assert_true(hello->backend[0] != '\0' && hello->compiler[0] != '\0');
    assert_int_equal(hello->ranked, hello->unranked_why[0] == '\0');
}

static void a_naive_file_passes_every_case_in_order(void **state)
{
    struct job job = client_job(JOB_CHECK, "attention", FOLDER "correct/naive.c");
    struct client_events events;

    client_run(client_of(state), &job, &events);
    assert_int_equal(done_of(&events)->outcome, OUTCOME_CHECKED);
    assert_int_equal(events.count, 1 + CASES + 1);
    assert_int_equal(events.list[0].kind, EVENT_COMPILED);
    assert_true(events.list[0].compiled.good);
    for (int i = 0; i < CASES; i++) {
        const struct wire_case *one = &events.list[1 + i].one;
        assert_int_equal(one->index, i);
        assert_int_equal(one->verdict, VERDICT_PASS);
        assert_true(one->has_error_ratio && one->error_ratio <= 1);
        assert_true(one->wall_ms > 0 && one->cpu_ms >= 0);
        assert_false(one->has_mismatch);
    }
    client_events_release(&events);
    job_release(&job);
}

static void each_fault_has_its_verdict_and_code(void **state)
{
    static const struct {
        const char *path;
        enum verdict verdict;
        const char *code;
    } rows[] = {
        {FOLDER "wrong/padding_ignored.c", VERDICT_WRONG, "kvlen_ignored"},
        {FOLDER "wrong/kept_output.c", VERDICT_WRONG, "second_call"},
        {FOLDER "wrong/bf16_qk.c", VERDICT_WRONG, "precision"},
        {FOLDER "hostile/nothing.c", VERDICT_WRONG, "unwritten"},
        {FOLDER "hostile/all_infinite.c", VERDICT_WRONG, "infinite"},
        {FOLDER "hostile/null_pointer.c", VERDICT_RUNTIME_ERROR, "segfault"},
        {FOLDER "hostile/abort_it.c", VERDICT_RUNTIME_ERROR, "abort"},
        {FOLDER "hostile/write_input.c", VERDICT_RUNTIME_ERROR, "segfault"},
        {FOLDER "hostile/write_before.c", VERDICT_RUNTIME_ERROR, "outside_write"},
        {FOLDER "hostile/flood_stderr.c", VERDICT_OUTPUT_LIMIT, "output_flood"},
        {FOLDER "hostile/flood_stdout.c", VERDICT_OUTPUT_LIMIT, "output_flood"},
        {FOLDER "hostile/exit_zero.c", VERDICT_EXITED_EARLY, "exited_early"},
        {FOLDER "hostile/open_raw.c", VERDICT_FORBIDDEN_CALL, "forbidden_call"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct job job = client_job(JOB_CHECK, "attention", rows[i].path);
        struct client_events events;
        client_run(client_of(state), &job, &events);
        const struct wire_case *bad = client_first_bad(&events);
        assert_int_equal(done_of(&events)->outcome, OUTCOME_CHECKED);
        assert_int_equal(events.count, 1 + CASES + has_finding(&events) + 1);
        if (bad == NULL || bad->verdict != rows[i].verdict || strcmp(bad->code, rows[i].code) != 0)
            fail_msg("%s: %s %s", rows[i].path, bad == NULL ? "passes" : verdict_word(bad->verdict),
                     bad == NULL ? "" : bad->code);
        assert_true(bad->detail[0] != '\0');
        client_events_release(&events);
        job_release(&job);
    }
}

static void signals_are_told_in_words(void **state)
{
    static const struct {
        const char *body, *code;
    } rows[] = {
        {"volatile int zero = 0; o[0] = (float)(B / zero);", "division_by_zero"},
        {"__builtin_trap();", "illegal_instruction"},
        {"raise(SIGUSR1);", NULL}, /* not available to a kernel */
        {"o[-40] = 1;", "outside_write"},
        {"((volatile char *)o)[4 * (size_t)B * H * Tq * D] = 1;", "outside_write"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[1024];
        struct client_events events;
        (void)snprintf(text, sizeof text, HEAD "#include <signal.h>\n" SIGNATURE "{ %s }\n",
                       rows[i].body);
        run_text(state, text, &events);
        const struct wire_case *bad = client_first_bad(&events);
        if (rows[i].code == NULL) {
            assert_int_equal(done_of(&events)->outcome, OUTCOME_COMPILE_ERROR);
            assert_null(bad);
        } else {
            assert_non_null(bad);
            assert_int_equal(bad->verdict, VERDICT_RUNTIME_ERROR);
            assert_string_equal(bad->code, rows[i].code);
        }
        client_events_release(&events);
    }
}

/* What libc calls before main and the runner after a call are never the student's own functions. */
static void names_of_libc_that_a_student_takes_are_called_by_nobody_else(void **state)
{
    struct client_events events;

    run_text(state,
             "#include \"attention.h\"\n#include <stddef.h>\n"
             "#define MINE __attribute__((used, noinline))\n"
             "MINE void *memcpy(void *a, const void *b, size_t n) { (void)b, (void)n;"
             " __builtin_trap(); return a; }\n"
             "MINE void *memset(void *a, int b, size_t n) { (void)b, (void)n;"
             " __builtin_trap(); return a; }\n"
             "MINE size_t strlen(const char *s) { (void)s; __builtin_trap(); return 0; }\n"
             "MINE char *strrchr(const char *s, int c) { (void)s, (void)c; __builtin_trap(); }\n"
             "MINE int fflush(void *f) { (void)f; __builtin_trap(); return 0; }\n"
             "MINE void _exit(int c) { (void)c; for (;;) __builtin_trap(); }\n"
             "float stdout[64];\n" SIGNATURE "{ stdout[0] = 1; }\n",
             &events);
    const struct wire_case *bad = client_first_bad(&events);
    assert_non_null(bad);
    assert_int_equal(bad->verdict, VERDICT_WRONG);
    assert_string_equal(bad->code, "unwritten");
    assert_int_equal(done_of(&events)->outcome, OUTCOME_CHECKED);
    client_events_release(&events);
}

static void a_diagnosis_build_cannot_be_told_from_the_graded_one(void **state)
{
    struct client_events events;

    run_text(state,
             HEAD
             "#ifdef __SANITIZE_ADDRESS__\n#define BAD 0\n#else\n#define BAD 1\n#endif\n" SIGNATURE
             "{ o[0] = 0; if (BAD) ((volatile float *)8)[B] = 1; }\n",
             &events);
    assert_true(has_finding(&events));
    client_events_release(&events);
}

static void what_does_not_compile_ends_there(void **state)
{
    struct client_events events;

    run_text(state, HEAD SIGNATURE "{ int x = ; }\n", &events);
    assert_int_equal(events.count, 2);
    assert_false(events.list[0].compiled.good);
    assert_string_equal(events.list[0].compiled.code, "syntax");
    assert_non_null(strstr(events.list[0].compiled.diagnostics, "attention.c"));
    assert_int_equal(done_of(&events)->outcome, OUTCOME_COMPILE_ERROR);
    client_events_release(&events);
}

static void visible_cases_tell_where_and_hidden_ones_only_that(void **state)
{
    struct job job = client_job(JOB_CHECK, "attention", FOLDER "wrong/causal_ignored.c");
    struct client_events events;
    bool visible = false, hidden = false;

    client_run(client_of(state), &job, &events);
    for (int i = 0; i < events.count; i++) {
        const struct wire_case *one = &events.list[i].one;
        if (events.list[i].kind != EVENT_CASE || one->verdict != VERDICT_WRONG)
            continue;
        if (one->has_mismatch) {
            visible = true;
            assert_string_equal(one->mismatch.tensor, "o");
            assert_string_equal(one->mismatch.letters, "bhid");
            assert_true(one->map_rows > 0 && one->mismatch.wrong_count > 0);
        } else {
            hidden = true;
            assert_string_equal(one->code, "");
            assert_string_equal(one->detail, "");
            assert_int_equal(one->map_rows, 0);
            assert_null(one->stderr_text);
        }
    }
    assert_true(visible && hidden);
    client_events_release(&events);
    job_release(&job);
}

static void stderr_of_visible_cases_is_shown_clean_and_of_hidden_ones_never(void **state)
{
    struct client_events events;
    int shown = 0;

    run_text(state,
             HEAD SIGNATURE "{ fprintf(stderr, \"D=%d \\x1b[31mred\\xff\\n\", D); o[0] = 0; }\n",
             &events);
    for (int i = 0; i < events.count; i++) {
        if (events.list[i].kind != EVENT_CASE || events.list[i].one.stderr_text == NULL)
            continue;
        shown++;
        assert_non_null(strstr(events.list[i].one.stderr_text, "[31mred?"));
        assert_null(strchr(events.list[i].one.stderr_text, 0x1b));
    }
    assert_int_equal(shown, 8); /* visible cases of attention without the ranked ones */
    client_events_release(&events);
}

static void what_was_seen_of_a_hidden_case_is_not_told_in_a_later_visible_one(void **state)
{
    struct client_events events;
    int shown = 0;

    run_text(state,
             HEAD
             "static char note[4096]; static int used;\n" SIGNATURE
             "{ o[0] = 0; used += sprintf(note + used, \"Tq=%d;\", Tq); fputs(note, stderr); }\n",
             &events);
    for (int i = 0; i < events.count; i++) {
        const char *text = events.list[i].one.stderr_text;
        if (events.list[i].kind != EVENT_CASE || text == NULL)
            continue;
        shown++;
        assert_null(strstr(text, "Tq=65;"));  /* "wide" */
        assert_null(strstr(text, "Tq=384;")); /* "long" */
    }
    assert_int_equal(shown, 8);
    client_events_release(&events);
}

static void a_forbidden_call_ends_the_checking(void **state)
{
    struct job job = client_job(JOB_CHECK, "attention", FOLDER "hostile/socket_raw.c");
    struct client_events events;

    client_run(client_of(state), &job, &events);
    assert_int_equal(events.list[1].one.verdict, VERDICT_FORBIDDEN_CALL);
    assert_string_equal(events.list[1].one.syscall, "socket");
    for (int i = 2; i < events.count - 1; i++) {
        assert_int_equal(events.list[i].one.verdict, VERDICT_NOT_RUN);
        assert_string_equal(events.list[i].one.code, "checking_ended");
    }
    client_events_release(&events);
    job_release(&job);
}

static void practice_runs_visible_cases_and_only_case_just_that(void **state)
{
    struct job job = client_job(JOB_CHECK, "attention", FOLDER "correct/naive.c");
    struct client_events events;

    job.practice = true;
    client_run(client_of(state), &job, &events);
    assert_int_equal(events.count, 1 + 8 + 1);
    client_events_release(&events);

    (void)strcpy(job.only_case, "odd");
    client_run(client_of(state), &job, &events);
    assert_int_equal(events.count, 3);
    assert_int_equal(events.list[1].one.index, 3);
    client_events_release(&events);

    (void)strcpy(job.only_case, "wide"); /* hidden */
    client_run(client_of(state), &job, &events);
    assert_int_equal(events.count, 2);
    client_events_release(&events);
    job_release(&job);
}

static void what_the_worker_cannot_serve_is_a_system_error(void **state)
{
    struct job job = client_job(JOB_CHECK, "attention", FOLDER "correct/naive.c");
    struct client_events events;

    (void)strcpy(job.spec_hash, "0123");
    client_run(client_of(state), &job, &events);
    assert_int_equal(done_of(&events)->outcome, OUTCOME_SYSTEM_ERROR);
    assert_non_null(strstr(done_of(&events)->message, "differs"));
    client_events_release(&events);

    job.spec_hash[0] = '\0';
    (void)strcpy(job.assignment, "juggling");
    client_run(client_of(state), &job, &events);
    assert_string_equal(done_of(&events)->message, "this worker has no assignment \"juggling\"");
    client_events_release(&events);

    (void)strcpy(job.assignment, "attention");
    (void)strcpy(job.only_case, "nowhere");
    client_run(client_of(state), &job, &events);
    assert_int_equal(done_of(&events)->outcome, OUTCOME_SYSTEM_ERROR);
    client_events_release(&events);

    job.only_case[0] = '\0';
    job.device = DEVICE_GPU;
    client_run(client_of(state), &job, &events);
    assert_int_equal(done_of(&events)->outcome, OUTCOME_COMPILE_ERROR); /* no launch line */
    client_events_release(&events);

    job.device = DEVICE_CPU; /* and it still grades */
    client_run(client_of(state), &job, &events);
    assert_int_equal(done_of(&events)->outcome, OUTCOME_CHECKED);
    assert_null(client_first_bad(&events));
    client_events_release(&events);
    job_release(&job);
}

/* -- time limits, with an assignment whose limits are short ----------------------------------- */

static int short_setup(void **state)
{
    char home[] = "/tmp/test-check-XXXXXX", path[256], command[512];
    auto_buf struct buf spec = buf_of(1 << 20);

    if (mkdtemp(home) == NULL)
        return -1;
    (void)snprintf(command, sizeof command,
                   "mkdir -p %s/assignments && cp -r assignments/attention %s/assignments/", home,
                   home);
    if (system(command) != 0) // NOLINT(cert-env33-c): a test's own words
        return -1;
    (void)snprintf(path, sizeof path, "%s/assignments/attention/assignment.json", home);
    if (err_is(fdio_read_file(path, &spec)))
        return -1;
    static const char before[] = "\"cpu_ms\": 10000, \"wall_ms\": 15000";
    static const char after[] = "\"cpu_ms\":   300, \"wall_ms\":   600";
    char *limit = strstr(spec.at, before);
    if (limit == NULL)
        return -1;
    memcpy(limit, after, sizeof after - 1);
    if (err_is(fdio_write_file(path, spec.at, spec.size, 0644)) || bench_start(state, home) != 0)
        return -1;
    struct bench *bench = *state;
    (void)snprintf(bench->home, sizeof bench->home, "%s", home); /* fits */
    return 0;
}

static void a_time_out_ends_its_group_and_a_second_the_checking(void **state)
{
    static const struct {
        const char *path, *code, *words;
    } rows[] = {
        {FOLDER "hostile/spin.c", "loop_endless",
         "CPU time"}, /* by either limit: the machine may be busy */
        {FOLDER "hostile/block_on_read.c", "waiting", "(limit 0.6 s), of which 0.0 s"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct job job = client_job(JOB_CHECK, "attention", rows[i].path);
        struct client_events events;
        int timeouts = 0, group_ended = 0, checking_ended = 0;
        client_run(client_of(state), &job, &events);
        for (int k = 1; k < events.count - 1; k++) {
            const struct wire_case *one = &events.list[k].one;
            timeouts += one->verdict == VERDICT_TIME_LIMIT;
            group_ended += strcmp(one->code, "group_ended") == 0;
            checking_ended += strcmp(one->code, "checking_ended") == 0;
        }
        assert_string_equal(events.list[1].one.code, rows[i].code);
        assert_non_null(strstr(events.list[1].one.detail, rows[i].words));
        assert_int_equal(timeouts, 2);
        assert_int_equal(group_ended, 2); /* the rest of basics */
        assert_int_equal(checking_ended, CASES - 4);
        client_events_release(&events);
        job_release(&job);
    }
}

static void a_worker_without_its_socket_says_how_it_is_used(void **state)
{
    (void)state;
    const char *const arguments[] = {"--nonsense", NULL};
    struct worker_client client;

    assert_false(client_start(&client, arguments));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_says_what_this_worker_is),
        cmocka_unit_test(a_naive_file_passes_every_case_in_order),
        cmocka_unit_test(each_fault_has_its_verdict_and_code),
        cmocka_unit_test(signals_are_told_in_words),
        cmocka_unit_test(names_of_libc_that_a_student_takes_are_called_by_nobody_else),
        cmocka_unit_test(a_diagnosis_build_cannot_be_told_from_the_graded_one),
        cmocka_unit_test(what_does_not_compile_ends_there),
        cmocka_unit_test(visible_cases_tell_where_and_hidden_ones_only_that),
        cmocka_unit_test(stderr_of_visible_cases_is_shown_clean_and_of_hidden_ones_never),
        cmocka_unit_test(what_was_seen_of_a_hidden_case_is_not_told_in_a_later_visible_one),
        cmocka_unit_test(a_forbidden_call_ends_the_checking),
        cmocka_unit_test(practice_runs_visible_cases_and_only_case_just_that),
        cmocka_unit_test(what_the_worker_cannot_serve_is_a_system_error),
        cmocka_unit_test(a_worker_without_its_socket_says_how_it_is_used),
    };
    const struct CMUnitTest limits[] = {
        cmocka_unit_test(a_time_out_ends_its_group_and_a_second_the_checking),
    };
    int failed = cmocka_run_group_tests(tests, bench_setup, bench_teardown);
    return failed + cmocka_run_group_tests(limits, short_setup, bench_teardown);
}
