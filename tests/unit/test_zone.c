/* Wall clocks of the world: names, the hours that come twice or never, and the way back. */
#include "grader/zone.h"
#include "tests/unit/support/check.h"

#include <string.h>

#define SECOND 1000000LL

static int64_t read_in(const char *zone, const char *text)
{
    int64_t at = 0;
    struct err err = zone_read(zone, text, &at);
    if (err_is(err))
        fail_msg("%s", err.text);
    return at;
}

static void zones_are_those_of_the_system(void **state)
{
    (void)state;
    assert_true(zone_is_known("Asia/Shanghai"));
    assert_true(zone_is_known("UTC"));
    assert_true(zone_is_known("America/Argentina/Buenos_Aires"));
    assert_true(zone_is_known("Etc/GMT-8"));
    static const char *const wrong[] = {
        "",          "Asia/Shangai",        "asia/shanghai\n",       "/etc/passwd",
        "../passwd", "posix/Asia/Shanghai", "right/Asia/Shanghai",   "Asia",
        "CST6CDT,x", "tzdata.zi",           "Asia/../Asia/Shanghai", "UTC+8; rm",
        "localtime", "posixrules",
    };
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (zone_is_known(wrong[i]))
            fail_msg("'%s' is no zone", wrong[i]);
}

static void a_wall_clock_becomes_a_moment_and_back(void **state)
{
    (void)state;
    char text[ZONE_TEXT_MAX];
    int64_t at = read_in("Asia/Shanghai", "2026-11-29 23:59");
    assert_int_equal(at, 1795967940LL * SECOND);
    assert_int_equal(read_in("Asia/Shanghai", "2026-11-29T23:59"), at);
    assert_int_equal(read_in("Asia/Shanghai", "2026-11-29"), at);
    assert_string_equal(zone_write("Asia/Shanghai", at, text), "2026-11-29 23:59");
    assert_string_equal(zone_write("UTC", at, text), "2026-11-29 15:59");
    assert_string_equal(zone_write("UTC", 0, text), "");
    assert_int_equal(zone_minutes("Asia/Shanghai", at), 480);
    assert_int_equal(zone_minutes("Asia/Kathmandu", at), 345);
    assert_int_equal(zone_minutes("UTC", at), 0);
}

static void summer_time_is_seen_on_both_sides_of_its_change(void **state)
{
    (void)state;
    int64_t before = read_in("Europe/Berlin", "2026-03-29 01:59");
    int64_t after = read_in("Europe/Berlin", "2026-03-29 03:00");
    assert_int_equal(after - before, 60 * SECOND);
    assert_int_equal(zone_minutes("Europe/Berlin", before), 60);
    assert_int_equal(zone_minutes("Europe/Berlin", after), 120);
}

static void an_hour_that_comes_twice_is_the_later_one(void **state)
{
    (void)state;
    int64_t twice = read_in("Europe/Berlin", "2026-10-25 02:30");
    assert_int_equal(zone_minutes("Europe/Berlin", twice), 60);
    assert_int_equal(twice, 1792891800LL * SECOND); /* 01:30 UTC */
}

static void an_hour_that_never_comes_is_refused(void **state)
{
    (void)state;
    int64_t at = 7;
    struct err err = zone_read("Europe/Berlin", "2026-03-29 02:30", &at);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "jump"));
    assert_int_equal(at, 7);
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "tomorrow",
        "2026-11-29 23:59:59",
        "2026-11-29 24:00",
        "2026-02-29 12:00",
        "2026-13-01 12:00",
        "2026-11-31",
        "29.11.2026 23:59",
        "2026-11-29 2:590",
        "2026-1-9 23:59  ",
        "1815-06-18 11:30",
        "2026-11-29x23:59",
        "-026-11-29 23:59",
        "2026-11-29 23:-1",
    };
    int64_t at = 7;
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (zone_read("UTC", wrong[i], &at).code != ERR_INPUT)
            fail_msg("'%s' was read", wrong[i]);
    assert_int_equal(at, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_are_those_of_the_system),
        cmocka_unit_test(a_wall_clock_becomes_a_moment_and_back),
        cmocka_unit_test(summer_time_is_seen_on_both_sides_of_its_change),
        cmocka_unit_test(an_hour_that_comes_twice_is_the_later_one),
        cmocka_unit_test(an_hour_that_never_comes_is_refused),
        cmocka_unit_test(what_is_no_time_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
