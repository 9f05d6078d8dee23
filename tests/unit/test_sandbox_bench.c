/* `sandbox bench` in its shortest form: does it measure everything, and say so? */
#include "sandbox/bench_case.h"
#include "tests/unit/sandbox_case.h"

#include <cjson/cJSON.h>

/* Runs `sandbox bench OPTIONS`; gives its exit code. */
static int bench(const char *options, char *out, size_t out_size)
{
    char path[512], command[640];
    (void)snprintf(command, sizeof command, "%s bench %s 2>&1",
                   build_path(path, sizeof path, "sandbox"), options);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t got = fread(out, 1, out_size - 1, pipe);
    out[got] = '\0';
    int status = pclose(pipe);
    return status >> 8;
}

static void quantiles_are_of_sorted_times(void **state)
{
    double times[] = {5, 1, 4, 2, 3};
    (void)state;
    assert_true(bench_quantile(times, 5, 0.5) == 3);
    assert_true(bench_quantile(times, 5, 0) == 1);
    assert_true(bench_quantile(times, 5, 1) == 5);
    assert_true(bench_quantile(times, 1, 0.99) == 1);
    assert_true(bench_quantile(times, 0, 0.5) == 0);
}

static void every_case_is_measured_or_says_why_not(void **state)
{
    char text[8192];
    size_t count;
    const struct bench_case *cases = bench_cases(&count);
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    print_message("skipped: a sanitised sandbox is linked dynamically, so it cannot run itself\n");
    skip();
#endif
    assert_int_equal(bench("--rounds 3 --json", text, sizeof text), 0);
    cJSON *report = cJSON_Parse(text);
    assert_non_null(report);
    const cJSON *runs = cJSON_GetObjectItem(report, "runs");
    assert_int_equal(cJSON_GetArraySize(runs), (int)count);
    for (int i = 0; i < (int)count; i++) {
        const cJSON *run = cJSON_GetArrayItem(runs, i);
        assert_string_equal(cJSON_GetObjectItem(run, "name")->valuestring, cases[i].name);
        const cJSON *median = cJSON_GetObjectItem(run, "median_us");
        if (median == NULL) /* only a peer may be missing */
            assert_true(cases[i].needs != NULL && cJSON_HasObjectItem(run, "skipped"));
        else
            assert_true(median->valuedouble > 0 &&
                        cJSON_GetObjectItem(run, "of_spawn")->valuedouble > 0);
    }
    static const char *const figures[] = {"freeze_p50_us",     "thaw_p50_us",    "both_p99_us",
                                          "one_per_second",    "two_per_second", "two_by_one",
                                          "spawns_two_by_one", "work_two_by_one"};
    for (size_t i = 0; i < COUNT(figures); i++)
        assert_true(cJSON_GetObjectItem(report, figures[i])->valuedouble > 0);
    cJSON_Delete(report);
}

/* The program may be another, linked with another library. */
static void another_program_can_be_measured(void **state)
{
    char text[8192], options[640], path[512];
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip();
#endif
    (void)snprintf(options, sizeof options, "--rounds 3 --program %s",
                   build_path(path, sizeof path, "tests/programs/bench"));
    assert_int_equal(bench(options, text, sizeof text), 0);
    assert_non_null(strstr(text, "hot run"));
}

static void nonsense_options_are_refused(void **state)
{
    static const char *const wrong[] = {"--rounds", "--rounds 2", "--rounds x", "--rounds 1000001",
                                        "--fast"};
    char text[4096];
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(bench(wrong[i], text, sizeof text), 64);
        assert_non_null(strstr(text, "--rounds N"));
    }
    assert_int_equal(bench("--help", text, sizeof text), 0);
    assert_int_equal(bench("--rounds 3 --program /nowhere", text, sizeof text), 3);
    assert_non_null(strstr(text, "/nowhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_of_sorted_times),
        cmocka_unit_test(every_case_is_measured_or_says_why_not),
        cmocka_unit_test(another_program_can_be_measured),
        cmocka_unit_test(nonsense_options_are_refused),
    };
    return cmocka_run_group_tests_name("sandbox bench", tests, NULL, NULL);
}
