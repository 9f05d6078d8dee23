/* Diagnosis builds: real mistakes are found at their line, right variants give no finding, hidden
 * cases stay hidden, and a claim can hold anything. */
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/worker_client.h"
#include "worker/compile.h"
#include "worker/finding.h"
#include "worker/runner.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEAD                                                                                       \
    "#include \"attention.h\"\n#include <math.h>\n#include <stdio.h>\n#include <stdlib.h>\n"       \
    "#include <string.h>\n" /* five lines */
#define SIGNATURE                                                                                  \
    "void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q,"                 \
    " const float *restrict k, const float *restrict v, const int *restrict kvlen, int causal,"    \
    " float *restrict o)\n" /* line 6 */

static int bench_setup(void **state)
{
    const char *const arguments[] = {"--home", ".", "--name", "bench", NULL};
    struct worker_client *client = calloc(1, sizeof *client);

    if (client != NULL && client_start(client, arguments))
        *state = client;
    else
        free(client);
    return 0;
}

static int bench_teardown(void **state)
{
    struct worker_client *client = *state;
    const int code = client != NULL ? client_stop(client) : 0;

    free(client);
    return code;
}

/* Grades it on one case, or on all; the finding is out's last event but one, if there is one. */
static const struct wire_finding *finding_of(void **state, const char *text, const char *case_name,
                                             struct client_events *out)
{
    struct job job = client_job_text(JOB_CHECK, "attention", text);

    if (*state == NULL)
        skip();
    (void)text_copy(job.only_case, sizeof job.only_case, case_name); /* fits */
    client_run(*state, &job, out);
    job_release(&job);
    assert_int_equal(out->list[out->count - 1].done.outcome, OUTCOME_CHECKED);
    const struct event *event = &out->list[out->count - 2];
    return event->kind == EVENT_FINDING ? &event->finding : NULL;
}

/* -- what is found ---------------------------------------------------------------------------- */

/* Case `small`: B=1 H=1 Tq=4 Tk=4 D=4. */
static const struct mistake {
    enum found kind;
    bool is_write;
    int64_t line;
    const char *name;
    int64_t element, of;
    const char *text; /* from line 6 on */
} mistakes[] = {
    {FOUND_OUTSIDE_TENSOR, false, 8, "k", 16, 16,
     SIGNATURE "{ float s = 0; for (int i = 0; i <= Tk * D; i++)\n s += k[i];\n o[0] = s; }\n"},
    {FOUND_OUTSIDE_TENSOR, true, 7, "o", -1, 16, SIGNATURE "{ o[-1] = 0; }\n"},
    {FOUND_OUTSIDE_TENSOR, true, 9, "o", 16, 16,
     "#include <immintrin.h>\n" SIGNATURE "{ for (int i = 0; i < 20; i += 8)\n"
     " _mm256_storeu_ps(o + i, _mm256_setzero_ps()); }\n"},
    {FOUND_OUTSIDE_TENSOR, false, 7, "q", 16, 16,
     SIGNATURE "{ memcpy(o, q, 4 * (size_t)(Tq * D + 1)); }\n"},
    {FOUND_INPUT_WRITTEN, true, 7, "v", 2, 16, SIGNATURE "{ ((float *)v)[2] = 0; }\n"},
    {FOUND_OUTSIDE_ARRAY, true, 8, "row", 28, 28,
     SIGNATURE "{ float row[7]; for (int i = 0; i < Tk + D; i++)\n row[i] = q[i];\n"
               " memset(o, 0, 64); o[0] = row[B]; }\n"},
    {FOUND_OUTSIDE_ARRAY, true, 7, "scratch", 40, 40,
     "static float scratch[10]; static void fill(float *at, int n) { for (int i = 0; i < n; i++)\n"
     " at[i] = 1; }\n" SIGNATURE "{ fill(scratch, 7 + Tk); o[0] = scratch[B]; }\n"},
    {FOUND_OUTSIDE_BLOCK, true, 8, "", 16, 16,
     SIGNATURE "{ float *at = malloc(4 * (size_t)D);\n at[D] = 1;\n o[0] = at[0]; free(at); }\n"},
    {FOUND_FREED_BLOCK, false, 8, "", 0, 16,
     SIGNATURE "{ float *at = malloc(4 * (size_t)D); at[0] = 1; free(at);\n o[0] = at[0]; }\n"},
    {FOUND_NULL, true, 8, "", 0, 0,
     SIGNATURE "{ float *at = NULL; if (B > 9) at = o;\n at[0] = 1; }\n"},
    {FOUND_WILD, true, 7, "", 0, 0, SIGNATURE "{ *(float *)0x123456789000 = 1; }\n"},
    {FOUND_STACK_OVERFLOW, false, 6, "", 0, 0,
     "static int deep(int n) { volatile char a[999]; a[n % 9] = 1; return n < 0 ? 0 : deep(n + 1)"
     " + a[0]; }\n" SIGNATURE "{ o[0] = (float)deep(0); }\n"},
    {FOUND_STACK_OVERFLOW, true, 7, "", 0, 0,
     SIGNATURE "{ float large[4000][4000]; large[D][B] = 1; o[0] = large[B][D]; }\n"},
    {FOUND_UNSET_TENSOR, false, 8, "o", 0, 16,
     SIGNATURE "{ for (int i = 0; i < Tq * D; i++)\n o[i] += 1; }\n"},
    {FOUND_UNSET_ARRAY, false, 8, "sums", 0, 256,
     SIGNATURE "{ float sums[64]; for (int i = 0; i < D; i++)\n sums[i] += q[i];\n"
               " o[0] = sums[0]; }\n"},
    {FOUND_UNSET_BLOCK, false, 8, "", 0, 0,
     SIGNATURE "{ float *sums = malloc(400); for (int i = 0; i < D; i++)\n sums[i] += q[i];\n"
               " o[0] = sums[0]; }\n"},
    {FOUND_INDEX, true, 8, "float [*]", 0, 0,
     SIGNATURE "{ float row[D]; for (int i = 0; i <= D; i++)\n row[i] = 1;\n o[0] = row[0]; }\n"},
    {FOUND_SIGNED_OVERFLOW, false, 8, "int", 0, 0,
     SIGNATURE "{ int most = 2147483647;\n o[0] = (float)(most + B); }\n"},
    {FOUND_DIVISION_BY_ZERO, false, 8, "", 0, 0,
     SIGNATURE "{ int zero = B - H;\n o[0] = (float)(5 / zero); }\n"},
    {FOUND_SHIFT, false, 7, "int", 0, 0, SIGNATURE "{ o[0] = (float)(1 << (B + 40)); }\n"},
    {FOUND_FLOAT_TO_INTEGER, false, 7, "int", 0, 0,
     SIGNATURE "{ o[0] = (float)(int)(q[0] * 1e20f); }\n"},
    {FOUND_MISALIGNED, false, 8, "", 0, 0,
     "#include <immintrin.h>\n" SIGNATURE
     "{ __m128 x = _mm_load_ps(q + 1); _mm_storeu_ps(o, x); }\n"},
    {FOUND_ILLEGAL_INSTRUCTION, false, 7, "", 0, 0, SIGNATURE "{ __builtin_trap(); }\n"},
};

static void each_mistake_is_found_at_its_line(void **state)
{
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        const struct mistake *wanted = &mistakes[i];
        char text[2048];
        struct client_events events;
        (void)snprintf(text, sizeof text, HEAD "%s", wanted->text);
        const struct wire_finding *found = finding_of(state, text, "small", &events);
        if (found == NULL)
            fail_msg("mistake %zu (%s): nothing found", i, found_word(wanted->kind));
        const bool is_byte = wanted->of > 0 && wanted->of != found->of;
        if (found->kind != wanted->kind || found->line != wanted->line || is_byte ||
            (wanted->of > 0 && found->element != wanted->element))
            fail_msg("mistake %zu (%s): found %s at line %lld, %s %lld of %lld", i,
                     found_word(wanted->kind), found_word(found->kind), (long long)found->line,
                     found->name, (long long)found->element, (long long)found->of);
        if (wanted->kind != FOUND_MISALIGNED)
            assert_string_equal(found->name, wanted->name);
        if (wanted->is_write)
            assert_true(found->is_write || wanted->kind == FOUND_INDEX ||
                        wanted->kind == FOUND_STACK_OVERFLOW);
        assert_true(found->source[0] != '\0');
        client_events_release(&events);
    }
}

static void a_tensor_is_told_with_its_indices_and_the_line_with_its_text(void **state)
{
    struct client_events events;
    const struct wire_finding *found = finding_of(
        state, HEAD SIGNATURE "{\n\tfor (int i = 0; i <= Tk * D; i++)\n\t\to[i] = k[i];\n}\n",
        "small", &events);

    assert_non_null(found);
    assert_string_equal(found->place, "k[b=1][h=0][j=0][d=0]");
    assert_string_equal(found->source, "o[i] = k[i];");
    client_events_release(&events);
}

static void only_the_first_visible_failure_is_explained(void **state)
{
    struct client_events events;
    /* hidden case `wide` alone */
    const struct wire_finding *found = finding_of(
        state,
        HEAD SIGNATURE
        "{ if (Tq == 65 && D == 40) o[-40] = 1;\n"
        "for (int b = 0; b < B; b++) for (int h = 0; h < H; h++) for (int i = 0; i < Tq; i++)\n"
        "for (int d = 0; d < D; d++) o[((b * H + h) * Tq + i) * D + d] = 0; }\n",
        "wide", &events);
    const struct wire_case *wide = client_first_bad(&events);

    assert_non_null(wide);
    assert_int_equal(wide->verdict, VERDICT_RUNTIME_ERROR);
    assert_null(found);
    client_events_release(&events);

    found =
        finding_of(state, HEAD SIGNATURE "{ if (Tq == 65) o[-40] = 1; o[0] = 0; }\n", "", &events);
    assert_null(found); /* wrong in `one` too, where it does nothing forbidden */
    client_events_release(&events);
}

static void a_pass_a_time_out_and_a_wish_for_none_bring_no_finding(void **state)
{
    struct job job =
        client_job(JOB_CHECK, "attention", "tests/submissions/attention/correct/naive.c");
    struct client_events events;

    if (*state == NULL)
        skip();
    client_run(*state, &job, &events);
    assert_int_equal(events.list[events.count - 2].kind, EVENT_CASE);
    client_events_release(&events);
    job_release(&job);

    job = client_job_text(JOB_CHECK, "attention", HEAD SIGNATURE "{ o[-1] = 0; }\n");
    job.patterns_only = 1;
    client_run(*state, &job, &events);
    assert_int_equal(events.list[events.count - 2].kind, EVENT_CASE);
    client_events_release(&events);
    job_release(&job);
}

/* -- right variants --------------------------------------------------------------------------- */

struct watch {
    struct toolchain toolchain;
    struct sandbox *slot;
    struct spec *specs;
    size_t specs_count;
};

static void fine(struct err err)
{
    if (err_is(err))
        fail_msg("%s", err.text);
}

/* Runs the first visible cases as the diagnosis does. */
static void watch_file(struct watch *watch, const struct spec *spec, const char *path)
{
    static const unsigned char key[RANDOM_KEY_BYTES] = {7};
    struct control_finding found = {.kind = FOUND_NOTHING};
    auto_close int program = -1;
    auto_buf struct buf source = buf_of(1 << 20);
    int cases[SPEC_CASES_MAX], count = 0;

    fine(fdio_read_file(path, &source));
    fine(compile_diagnosis(&watch->toolchain, watch->slot, spec, "a.c", source.at, source.size,
                           &program));
    assert_true(program >= 0);
    for (int i = 0; i < spec->cases_count; i++)
        if (!spec->cases[i].hidden && !spec->groups[spec->cases[i].group].is_speed)
            cases[count++] = i;
    const struct runner_plan plan = {.slot = watch->slot,
                                     .spec = spec,
                                     .program = program,
                                     .cases = cases,
                                     .cases_count = (size_t)count,
                                     .calls = 64,
                                     .cpu = -1,
                                     .gap = 65536};
    struct runner *runner = NULL;
    fine(runner_new(&runner, &plan));
    for (int i = 0; i < count; i++) {
        struct runner_result result;
        fine(runner_ready(runner, NULL));
        fine(runner_fill(runner, cases[i], key, 0));
        fine(runner_call(runner, &result));
        runner_finding(runner, &found);
        if (found.kind != FOUND_NOTHING || result.end != RUNNER_DONE)
            fail_msg("%s, case %s: %s at 0x%llx, ended %d", path, spec->cases[cases[i]].name,
                     found.kind < FOUND_KINDS ? found_word((enum found)found.kind) : "?",
                     (unsigned long long)found.pc, (int)result.end);
    }
    runner_free(runner);
}

/* DIAGNOSIS_ALL=1: every right variant; else the fastest and the plainest of each assignment. */
static void right_variants_give_no_finding(void **state)
{
    (void)state;
    const bool all = getenv("DIAGNOSIS_ALL") != NULL;
    struct watch watch = {.slot = NULL};
    char program[4200];

    fine(toolchain_find(&watch.toolchain, NULL));
    (void)snprintf(program, sizeof program, "%s/../sandbox", watch.toolchain.runtime);
    const struct sandbox_options options = {.program = program, .name = "watch"};
    if (err_is(sandbox_open(&options, &watch.slot)))
        skip();
    fine(spec_load_all(&watch.specs, &watch.specs_count, "assignments"));
    for (size_t i = 0; i < watch.specs_count; i++) {
        char pattern[256];
        glob_t found;
        (void)snprintf(pattern, sizeof pattern, "tests/submissions/%s/correct/%s",
                       watch.specs[i].name, all ? "*.c" : "simd.c");
        if (glob(pattern, 0, NULL, &found) != 0)
            continue;
        for (size_t k = 0; k < found.gl_pathc; k++)
            watch_file(&watch, &watch.specs[i], found.gl_pathv[k]);
        globfree(&found);
    }
    free(watch.specs);
    sandbox_close(watch.slot);
}

/* -- claims ----------------------------------------------------------------------------------- */

static struct spec *attention(void)
{
    struct spec *spec = calloc(1, sizeof *spec);
    assert_non_null(spec);
    fine(spec_load(spec, "assignments/attention/assignment.json"));
    return spec;
}

static void a_claim_may_hold_any_bytes(void **state)
{
    (void)state;
    struct spec *spec = attention();
    struct wire_finding out;
    unsigned char bytes[sizeof(struct control_finding)] = {0};
    uint32_t seed = 1;

    for (int round = 0; round < 200000; round++) {
        struct control_finding raw;
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (unsigned char)((seed = seed * 1664525 + 1013904223) >> 24);
        memcpy(&raw, bytes, sizeof raw);
        raw.kind = (uint32_t)round % (FOUND_KINDS + 2);
        raw.argument = round % 3 == 0 ? (int64_t)(bytes[0] % 14) - 1 : raw.argument;
        if (!finding_read(&raw, spec, &spec->cases[3], &out))
            continue;
        assert_in_range(out.kind, 1, FOUND_KINDS - 1);
        assert_int_equal(out.index, 3);
        assert_true(out.of >= 0 && memchr(out.name, 0, sizeof out.name) != NULL &&
                    memchr(out.place, 0, sizeof out.place) != NULL);
        for (const char *at = out.name; *at != '\0'; at++)
            assert_true(*at >= ' ' && *at < 0x7f);
        struct event event = {.kind = EVENT_FINDING, .job = 1, .finding = out};
        auto_buf struct buf json = buf_of(4096);
        fine(wire_event_json(&json, &event)); /* within every bound of the wire */
        struct event back = {.kind = EVENT_DONE};
        if (round % 64 != 0)
            continue;
        fine(wire_get_event(&back, json.at, json.size));
        assert_int_equal(back.kind, EVENT_FINDING);
        assert_int_equal(back.finding.kind, out.kind);
        assert_int_equal(back.finding.element, out.element);
        assert_string_equal(back.finding.name, out.name);
        event_release(&back);
    }
    free(spec);
}

static void names_are_letters_or_nothing(void **state)
{
    static const struct {
        const char *raw, *name;
    } rows[] = {
        {"tmp:7", "tmp"},
        {"'float [16]'", "float [16]"},
        {"unsigned char *", "unsigned char *"},
        {"a\x1b[31m", ""},
        {"*.LC0", ""},
        {"line\nbreak", ""},
        {"\xe5\x9c\xa8", ""},
        {"forty-seven letters and no end to be seen of it", ""},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    };
    (void)state;
    struct spec *spec = attention();

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct control_finding raw = {.kind = FOUND_OUTSIDE_ARRAY, .object_bytes = 4};
        struct wire_finding out;
        memcpy(raw.name, rows[i].raw,
               strlen(rows[i].raw) < sizeof raw.name ? strlen(rows[i].raw) : sizeof raw.name);
        assert_true(finding_read(&raw, spec, &spec->cases[0], &out));
        assert_string_equal(out.name, rows[i].name);
    }
    free(spec);
}

static void an_index_is_worked_out_from_the_bytes(void **state)
{
    static const struct {
        int64_t offset, element;
        const char *place;
    } rows[] = {
        {0, 0, "o[b=0][h=0][i=0][d=0]"},
        {20, 5, "o[b=0][h=0][i=1][d=0]"},
        {2040, 510, "o[b=2][h=0][i=0][d=0]"}, /* behind the end of B=2 H=3 Tq=17 D=5 */
        {-1, -1, ""},
        {-4, -1, ""},
        {-5, -2, ""},
    };
    (void)state;
    struct spec *spec = attention();

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct control_finding raw = {.kind = FOUND_OUTSIDE_TENSOR,
                                            .argument = spec_argument_index(spec, "o"),
                                            .offset = rows[i].offset};
        struct wire_finding out;
        assert_true(finding_read(&raw, spec, &spec->cases[spec_case_index(spec, "odd")], &out));
        assert_int_equal(out.element, rows[i].element);
        assert_int_equal(out.of, 510);
        assert_string_equal(out.place, rows[i].place);
    }
    free(spec);
}

static void the_line_is_the_first_of_the_students_own_file(void **state)
{
    (void)state;
    assert_int_equal(finding_line("/work/a.c:17\n", "a.c"), 17);
    assert_int_equal(finding_line("/usr/lib/avxintrin.h:906\n/work/a.c:23 (discriminator 3)\n"
                                  "/work/a.c:99\n",
                                  "a.c"),
                     23);
    assert_int_equal(finding_line("??:0\n", "a.c"), 0);
    assert_int_equal(finding_line("/work/aa.c:5\n", "a.c"), 0);
    assert_int_equal(finding_line("a.c:-5\na.c:99999999999999999999\na.c:", "a.c"), 0);
    assert_int_equal(finding_line("", "a.c"), 0);
}

static void a_line_that_is_not_there_is_not_told(void **state)
{
    static const char source[] = "int a;\n\tint\tb; \x1b[31m\xff\nlast";
    struct wire_finding finding = {.kind = FOUND_NULL};
    (void)state;

    finding_place(&finding, 4, source, sizeof source - 1);
    assert_int_equal(finding.line, 0);
    finding_place(&finding, 0, source, sizeof source - 1);
    assert_int_equal(finding.line, 0);
    finding_place(&finding, 2, source, sizeof source - 1);
    assert_int_equal(finding.line, 2);
    assert_string_equal(finding.source, "int b; [31m?");
    finding_place(&finding, 3, source, sizeof source - 1);
    assert_string_equal(finding.source, "last");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_is_found_at_its_line),
        cmocka_unit_test(a_tensor_is_told_with_its_indices_and_the_line_with_its_text),
        cmocka_unit_test(only_the_first_visible_failure_is_explained),
        cmocka_unit_test(a_pass_a_time_out_and_a_wish_for_none_bring_no_finding),
        cmocka_unit_test(right_variants_give_no_finding),
        cmocka_unit_test(a_claim_may_hold_any_bytes),
        cmocka_unit_test(names_are_letters_or_nothing),
        cmocka_unit_test(an_index_is_worked_out_from_the_bytes),
        cmocka_unit_test(the_line_is_the_first_of_the_students_own_file),
        cmocka_unit_test(a_line_that_is_not_there_is_not_told),
    };
    return cmocka_run_group_tests_name("diagnosis", tests, bench_setup, bench_teardown);
}
