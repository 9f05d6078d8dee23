/* Which processor is for timings, and who keeps off it. */
#include "tests/unit/support/check.h"
#include "worker/processors.h"

static cpu_set_t set_of(const int *numbers, size_t count)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (size_t i = 0; i < count; i++)
        CPU_SET((size_t)numbers[i], &set);
    return set;
}

static void the_highest_is_for_timings(void **state)
{
    static const int numbers[] = {2, 5, 9};
    const cpu_set_t all = set_of(numbers, 3);
    struct processors processors;
    cpu_set_t none;
    (void)state;
    CPU_ZERO(&none);
    processors_split(&processors, &all, &none);
    assert_int_equal(processors.count, 3);
    assert_int_equal(processors.timing, 9);
    assert_int_equal(CPU_COUNT(&processors.others), 2);
    assert_false(CPU_ISSET(9, &processors.others));
}

static void of_three_it_is_reserved_and_of_two_it_is_not(void **state)
{
    static const int numbers[] = {0, 1, 2};
    struct processors processors;
    cpu_set_t none;
    (void)state;
    CPU_ZERO(&none);
    for (size_t count = 1; count <= 3; count++) {
        const cpu_set_t all = set_of(numbers, count);
        processors_split(&processors, &all, &none);
        assert_int_equal(processors.reserved, count == 3);
        assert_int_equal(CPU_COUNT(&processors.others), count - 1);
    }
}

/* Four logical processors that are two cores: nothing runs on the sibling of the timing one. */
static void a_sibling_of_the_timing_processor_stays_empty(void **state)
{
    static const int numbers[] = {0, 1, 2, 3};
    const cpu_set_t all = set_of(numbers, 4);
    struct processors processors;
    cpu_set_t siblings;
    (void)state;
    assert_true(processors_parse("1,3\n", &siblings));
    processors_split(&processors, &all, &siblings);
    assert_int_equal(processors.timing, 3);
    assert_int_equal(processors.count, 3);
    assert_true(CPU_ISSET(0, &processors.others) && CPU_ISSET(2, &processors.others));
    assert_false(CPU_ISSET(1, &processors.others));

    const cpu_set_t core = set_of(numbers, 2); /* two that are one core rank nothing */
    assert_true(processors_parse("0-1", &siblings));
    processors_split(&processors, &core, &siblings);
    assert_int_equal(processors.count, 1);
    assert_int_equal(CPU_COUNT(&processors.others), 0);
}

static void lists_of_processors_are_read(void **state)
{
    static const struct {
        const char *text;
        int count; /* -1: no list */
        int last;
    } rows[] = {{"0", 1, 0},   {"0-3,8\n", 5, 8}, {"2,4,6", 3, 6}, {"", -1, 0},     {"x", -1, 0},
                {"1-", -1, 0}, {"1,", -1, 0},     {"1;2", -1, 0},  {"99999", 0, 0}, {"5-3", 0, 0}};
    cpu_set_t set;
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (processors_parse(rows[i].text, &set) != (rows[i].count >= 0))
            fail_msg("'%s'", rows[i].text);
        if (rows[i].count < 0)
            continue;
        assert_int_equal(CPU_COUNT(&set), rows[i].count);
        assert_true(rows[i].count == 0 || CPU_ISSET((size_t)rows[i].last, &set));
    }
}

static void a_process_leaves_and_returns(void **state)
{
    struct processors processors;
    cpu_set_t now;
    (void)state;
    processors_find(&processors);
    struct err err = processors_leave(&processors);
    assert_int_equal(err_is(err), processors.count < 2);
    assert_int_equal(sched_getaffinity(0, sizeof now, &now), 0);
    if (processors.count >= 2)
        assert_false(CPU_ISSET((size_t)processors.timing, &now));
    assert_false(err_is(processors_join(&processors)));
    assert_int_equal(sched_getcpu(), processors.timing);
    processors_return(&processors);
    assert_int_equal(sched_getaffinity(0, sizeof now, &now), 0);
    assert_true(CPU_EQUAL(&now, processors.reserved ? &processors.others : &processors.all));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_highest_is_for_timings),
        cmocka_unit_test(a_sibling_of_the_timing_processor_stays_empty),
        cmocka_unit_test(lists_of_processors_are_read),
        cmocka_unit_test(of_three_it_is_reserved_and_of_two_it_is_not),
        cmocka_unit_test(a_process_leaves_and_returns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
