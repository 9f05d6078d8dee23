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
    (void)state;
    processors_split(&processors, &all);
    assert_int_equal(processors.count, 3);
    assert_int_equal(processors.timing, 9);
    assert_int_equal(CPU_COUNT(&processors.others), 2);
    assert_false(CPU_ISSET(9, &processors.others));
}

static void of_three_it_is_reserved_and_of_two_it_is_not(void **state)
{
    static const int numbers[] = {0, 1, 2};
    struct processors processors;
    (void)state;
    for (size_t count = 1; count <= 3; count++) {
        const cpu_set_t all = set_of(numbers, count);
        processors_split(&processors, &all);
        assert_int_equal(processors.reserved, count == 3);
        assert_int_equal(CPU_COUNT(&processors.others), count - 1);
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
        cmocka_unit_test(of_three_it_is_reserved_and_of_two_it_is_not),
        cmocka_unit_test(a_process_leaves_and_returns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
