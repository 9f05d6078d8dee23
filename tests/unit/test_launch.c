/* Launch lines: what good ones become, case by case, and that each mistake is refused with its
 * line. */
#include "assignments/launch.h"
#include "sandbox/base/buf.h"

/* cmocka wants these four first. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct launch_limits limits = {.shared_bytes = 49152, .scratch_bytes = 1 << 20};
static struct spec spec;
static struct launch_plan plan;
static struct launch_program program;

static int load(void **state)
{
    (void)state;
    struct err err = spec_load(&spec, "assignments/gradient_descent/assignment.json");
    return err_is(err) ? -1 : 0;
}

static struct err parse(const char *text)
{
    return launch_parse(&plan, &spec, text, strlen(text));
}

/* Both steps, in a case of n = 100, d = 7, logistic, 12 steps. */
static struct err make(const char *text, bool hidden)
{
    struct spec_case one = {.name = "some", .hidden = hidden};

    one.values[spec_argument_index(&spec, "logistic")] = 1;
    one.values[spec_argument_index(&spec, "n")] = 100;
    one.values[spec_argument_index(&spec, "d")] = 7;
    one.values[spec_argument_index(&spec, "steps")] = 12;
    struct err err = parse(text);
    return err_is(err) ? err : launch_program(&plan, &one, &limits, &program);
}

static void lines_become_numbers(void **state)
{
    (void)state;
    static const char text[] = "// A comment.\n"
                               "//@ scratch r 4*n\n"
                               "  //@ repeat t steps\n"
                               "//@   launch residual<<<(n+127)/128, 128>>>(n, d, X, y, w, b, r)\n"
                               "//@   launch update<<<(d, 2), (32, 8), 4*32*8>>>(n, lr,\n"
                               "//@       r, t, 2*d+1)\n"
                               "//@ end\n"
                               "//@ launch last<<<1, 1>>>()\n"
                               "extern \"C\" __global__ void last(void) {}\n";
    assert_false(err_is(make(text, false)));
    assert_int_equal(program.steps_count, 3);
    assert_int_equal(program.scratch_count, 1);
    assert_int_equal(program.scratch_bytes[0], 400);
    assert_int_equal(program.launches, 25);

    const struct launch_order *order = &program.steps[0];
    assert_string_equal(order->kernel, "residual");
    assert_int_equal(order->grid[0], 1);
    assert_int_equal(order->block[0], 128);
    assert_int_equal(order->times, 12);
    assert_int_equal(order->arguments_count, 7);
    assert_int_equal(order->arguments[0].kind, LAUNCH_NUMBER);
    assert_int_equal(order->arguments[0].value, 100);
    assert_int_equal(order->arguments[2].kind, LAUNCH_TENSOR);
    assert_int_equal(order->arguments[6].kind, LAUNCH_SCRATCH);

    order = &program.steps[1];
    assert_int_equal(order->grid[0], 7);
    assert_int_equal(order->grid[1], 2);
    assert_int_equal(order->grid[2], 1);
    assert_int_equal(order->block[1], 8);
    assert_int_equal(order->shared_bytes, 1024);
    assert_int_equal(order->repeat, program.steps[0].repeat);
    assert_int_equal(order->arguments_count, 5);
    assert_int_equal(order->arguments[1].kind, LAUNCH_SCALAR);
    assert_int_equal(order->arguments[3].kind, LAUNCH_INDEX);
    assert_int_equal(order->arguments[4].value, 15);
    assert_int_equal(plan.steps[1].line, 5);
    assert_string_equal(plan.steps[1].words, "update<<<(d, 2), (32, 8), 4*32*8>>>");

    assert_int_equal(program.steps[2].repeat, -1);
    assert_int_equal(program.steps[2].arguments_count, 0);
}

static void mistakes_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {"", "no launch line"},
        {"int x;\n// launch k<<<1, 1>>>()\n", "no launch line"},
        {"\n//@ lanch k<<<1, 1>>>()", "line 2: \"lanch\" is none of"},
        {"//@\n", "line 1: \"\" is none of"},
        {"//@ launch k", "line 1: expected launch KERNEL"},
        {"//@ launch k<<<1, 1)>>", "line 1: expected launch KERNEL"},
        {"//@ launch 9k<<<1, 1>>>()", "line 1: expected the name of a kernel"},
        {"//@ launch <<<1, 1>>>()", "line 1: expected the name of a kernel"},
        {"//@ launch k<<<1>>>()", "line 1: <<<GRID, BLOCK>>>"},
        {"//@ launch k<<<1, 1, 1, 1>>>()", "not 4 parts"},
        {"//@ launch k<<<(1, 1, 1, 1), 1>>>()", "three dimensions"},
        {"//@ launch k<<<1, 1>>>", "line 1: expected (ARGUMENT"},
        {"//@ launch k<<<1, 1>>>(n", "line 1: expected (ARGUMENT"},
        {"//@ launch k<<<1, 1>>>(n,)", "line 1: expression '', column 1"},
        {"//@ launch k<<<1, 1>>>(Y)", "expression 'Y', column 1: no size"},
        {"//@ launch k<<<1, 1>>>(lr*2)", "no size"},
        {"//@ launch k<<<X, 1>>>()", "no size"},
        {"//@ launch k<<<1, 1>>>(t)", "no size"},
        {"//@ repeat t steps\n//@ launch k<<<t, 1>>>()\n//@ end",
         "line 2: expression 't', column 1: no size"},
        {"//@ repeat t steps\n//@ repeat u 2\n", "line 2: a repeat within"},
        {"//@ repeat t steps\n//@ launch k<<<1, 1>>>()", "line 1: this repeat has no"},
        {"//@ end", "line 1: 'end' without"},
        {"//@ repeat n 3", "the name \"n\" is taken"},
        {"//@ repeat t", "line 1: expression '', column 1"},
        {"//@ scratch r 4\n//@ scratch r 4", "line 2: the name \"r\" is taken"},
        {"//@ scratch 4 4", "\"4\" is no name"},
        {"//@ scratch r", "line 1: expression '', column 1"},
        {"//@ launch k<<<n/(d-7), 1>>>()", "line 1: grid.x: "},
        {"//@ launch k<<<d-n, 1>>>()", "line 1: grid.x: "},
        {"//@ launch k<<<4294967296*4294967296, 1>>>()", "line 1: grid.x: "},
        {"//@ launch k<<<0, 1>>>()", "grid.x is 0; 1 to 2147483647"},
        {"//@ launch k<<<(1, 65536), 1>>>()", "grid.y is 65536; 1 to 65535"},
        {"//@ launch k<<<1, 1025>>>()", "block.x is 1025; 1 to 1024"},
        {"//@ launch k<<<1, (1, 1, 65)>>>()", "block.z is 65; 1 to 64"},
        {"//@ launch k<<<1, (32, 33)>>>()", "32 x 33 x 1 threads; at most 1024"},
        {"//@ launch k<<<1, 1, 49153>>>()", "shared memory is 49153"},
        {"//@ launch k<<<1, 1>>>(n*100000000)", "an argument is 10000000000"},
        {"//@ scratch r 1048577\n//@ launch k<<<1, 1>>>()", "line 1: scratch is 1048577"},
        {"//@ scratch r 1048576\n//@ scratch s 1\n//@ launch k<<<1, 1>>>()",
         "line 2: scratch of 1048577 bytes together"},
        {"//@ repeat t 1000000\n//@ launch k<<<1, 1>>>()\n//@ end", "line 1: repeat is 1000000"},
        {"//@ repeat t 16384\n//@ launch k<<<1, 1>>>()\n//@ launch k<<<1, 1>>>()\n//@ end",
         "line 3: 32768 launches in one call"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err err = make(rows[i].text, false);
        if (err.code != ERR_INPUT || strstr(err.text, rows[i].reason) == NULL)
            fail_msg("'%s' gave '%s', not '%s'", rows[i].text, err.text, rows[i].reason);
    }
}

static void of_a_hidden_case_only_the_fact_is_told(void **state)
{
    (void)state;
    struct err err = make("\n//@ launch k<<<1, 11*n>>>()", true);

    assert_int_equal(err.code, ERR_INPUT);
    assert_string_equal(err.text, "a launch line is beyond its bounds in a hidden case");
}

static void every_number_of_lines_has_a_bound(void **state)
{
    (void)state;
    static const struct {
        const char *line, *reason;
        int fit;
    } rows[] = {
        {"//@ launch k<<<1, 1>>>()\n", "more than 32 launch lines", LAUNCH_STEPS_MAX},
        {"//@ scratch s%d 4\n", "more than 8 scratch lines", LAUNCH_SCRATCH_MAX},
        {"//@ repeat t%d 4\n//@ end\n", "more than 8 repeats", LAUNCH_REPEATS_MAX},
        {"//@ launch k<<<(1,1,1),(1,1,1),1>>>(1,2,3,4)\n", "more than 256 expressions", 23},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        auto_buf struct buf text = buf_of(1 << 16);
        for (int j = 0; j <= rows[i].fit; j++) {
            char line[80];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            (void)snprintf(line, sizeof line, rows[i].line, j);
#pragma GCC diagnostic pop
            buf_text(&text, line);
        }
        struct err err = parse(text.at);
        if (err.code != ERR_INPUT || strstr(err.text, rows[i].reason) == NULL)
            fail_msg("'%s' gave '%s'", rows[i].reason, err.text);
    }
}

static void a_line_of_any_length_is_bounded(void **state)
{
    (void)state;
    auto_buf struct buf text = buf_of(1 << 16);

    buf_text(&text, "//@ launch k<<<1, 1>>>(");
    for (int i = 0; i < 100; i++)
        buf_text(&text, "\n//@ n, n, n, n,");
    struct err err = parse(text.at);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "over 1000 bytes"));

    static const char zero[] = "//@ launch k<<<1, 1>>>(\0)";
    err = launch_parse(&plan, &spec, zero, sizeof zero - 1);
    assert_non_null(strstr(err.text, "NUL byte"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_numbers),
        cmocka_unit_test(mistakes_are_refused_with_their_line),
        cmocka_unit_test(of_a_hidden_case_only_the_fact_is_told),
        cmocka_unit_test(every_number_of_lines_has_a_bound),
        cmocka_unit_test(a_line_of_any_length_is_bounded),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
