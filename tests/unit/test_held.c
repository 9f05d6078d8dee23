/* Deadlines held open: whose dates move after a refusal or an outage, how far, and that a note
 * outlives a disk that is full. */
#include "grader/held.h"
#include "grader/intake.h"
#include "grader/store_held.h"
#include "sandbox/base/clock.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/service_fixture.h"

#include <stdlib.h>
#include <string.h>

#define SECOND ((int64_t)1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY_MIN ((int64_t)24 * 60)
#define DUE (1795967940LL * SECOND) /* Sun 29 Nov 2026 15:59:00 UTC */
#define FIRST_COLUMN(fixture, sql) store_fixture_number(&(fixture)->db, sql)

static int make(void **state)
{
    struct store_fixture *fixture = calloc(1, sizeof *fixture);
    store_fixture_make(fixture);
    *state = fixture;
    return 0;
}

static int remove_all(void **state)
{
    store_fixture_remove(*state);
    free(*state);
    return 0;
}

static void sql(struct store_fixture *fixture, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void sql(struct store_fixture *fixture, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct err err = db_exec(&fixture->db, text);
    if (err_is(err))
        fail_msg("%s: %s", text, err.text);
}

static void dates(struct store_fixture *fixture, int64_t due_at, int64_t closes_at)
{
    sql(fixture, "UPDATE offering SET due_at = nullif(%lld, 0), closes_at = nullif(%lld, 0)",
        (long long)due_at, (long long)closes_at);
}

/* Trouble from so many minutes after the deadline to so many. */
static int64_t trouble(struct store_fixture *fixture, int64_t membership_id, int64_t began_min,
                       int64_t ended_min, int64_t most_us)
{
    const struct trouble trouble = {membership_id, membership_id != 0 ? "attention" : NULL,
                                    DUE + began_min * MINUTE, DUE + ended_min * MINUTE, most_us};
    int64_t count = -1;
    struct err err = store_hold(&fixture->db, &trouble, &count);
    if (err_is(err))
        fail_msg("%s", err.text);
    return count;
}

static int64_t refused(struct store_fixture *fixture, int64_t at_min)
{
    return trouble(fixture, fixture->membership_id, at_min, at_min, HELD_MOST_US);
}

static int64_t outage(struct store_fixture *fixture, int64_t began_min, int64_t ended_min)
{
    return trouble(fixture, 0, began_min, ended_min, INT64_MAX);
}

/* The person's dates, in minutes after the deadline. */
static void assert_dates(struct store_fixture *fixture, int64_t membership_id, int64_t due_min,
                         int64_t closes_min)
{
    struct offering offering;
    bool found = false;
    struct err err = store_offering_find(&fixture->db, fixture->cohort_id, membership_id,
                                         "attention", &offering, &found);
    assert_false(err_is(err));
    assert_true(found);
    assert_int_equal((offering.due_at - DUE) / MINUTE, due_min);
    assert_int_equal((offering.closes_at - DUE) / MINUTE, closes_min);
}

static int64_t another(struct store_fixture *fixture, const char *login)
{
    int64_t id = 0;
    struct err err =
        store_membership_put(&fixture->db, fixture->cohort_id, login, login, ROLE_STUDENT, 1, &id);
    assert_false(err_is(err));
    return id;
}

static void a_refusal_in_the_last_hour_gives_an_hour_from_then(void **state)
{
    struct store_fixture *fixture = *state;
    int64_t bob = another(fixture, "bob");
    dates(fixture, DUE, DUE);
    assert_int_equal(refused(fixture, -20), 1);
    assert_dates(fixture, fixture->membership_id, 40, 40);
    assert_dates(fixture, bob, 0, 0);           /* who was not refused has the date of everybody */
    assert_int_equal(refused(fixture, -30), 0); /* an older one moves nothing forward */
    assert_dates(fixture, fixture->membership_id, 40, 40);
}

static void the_last_second_of_the_hour_is_in_it_and_no_earlier_one(void **state)
{
    struct store_fixture *fixture = *state;
    dates(fixture, DUE, DUE);
    assert_int_equal(refused(fixture, -61), 0);
    assert_int_equal(FIRST_COLUMN(fixture, "SELECT count(*) FROM held_open"), 0);
    const int64_t hour_at = DUE - 60 * (int64_t)60 * SECOND;
    struct trouble trouble = {fixture->membership_id, "attention", hour_at - SECOND,
                              hour_at - SECOND, HELD_MOST_US};
    int64_t count = 0;
    assert_false(err_is(store_hold(&fixture->db, &trouble, &count)));
    assert_int_equal(count, 0);
    trouble.began_at = trouble.ended_at = hour_at + SECOND;
    assert_false(err_is(store_hold(&fixture->db, &trouble, &count)));
    assert_int_equal(count, 1);
    assert_int_equal(refused(fixture, -59), 1);
    assert_dates(fixture, fixture->membership_id, 1, 1);
}

static void the_last_minute_counts_to_its_end_and_what_is_over_stays_over(void **state)
{
    struct store_fixture *fixture = *state;
    dates(fixture, DUE, DUE);
    assert_int_equal(refused(fixture, 1), 0);
    const struct trouble late = {fixture->membership_id, "attention", DUE + 59 * SECOND,
                                 DUE + 59 * SECOND, HELD_MOST_US};
    int64_t count = 0;
    assert_false(err_is(store_hold(&fixture->db, &late, &count)));
    assert_int_equal(count, 1);
    assert_dates(fixture, fixture->membership_id, 60, 60);
}

static void trouble_that_goes_on_goes_on_holding_but_not_for_ever(void **state)
{
    struct store_fixture *fixture = *state;
    dates(fixture, DUE, DUE);
    for (int64_t at = -10; at < 2 * DAY_MIN; at += 50)
        (void)refused(fixture, at);
    assert_dates(fixture, fixture->membership_id, DAY_MIN, DAY_MIN);
}

static void late_work_has_its_close_held_open_and_is_late_all_the_same(void **state)
{
    struct store_fixture *fixture = *state;
    dates(fixture, DUE - 48 * HOUR, DUE);
    assert_int_equal(refused(fixture, -5), 1);
    assert_dates(fixture, fixture->membership_id, -2 * DAY_MIN, 55);
}

static void a_close_stays_where_it_is_while_it_is_far(void **state)
{
    struct store_fixture *fixture = *state;
    dates(fixture, DUE, DUE + 48 * HOUR);
    assert_int_equal(refused(fixture, -5), 1);
    assert_dates(fixture, fixture->membership_id, 55, 2 * DAY_MIN);
}

static void a_due_date_that_moves_past_the_close_takes_it_along(void **state)
{
    struct store_fixture *fixture = *state;
    dates(fixture, DUE, DUE + 30 * MINUTE);
    (void)refused(fixture, -1);
    assert_dates(fixture, fixture->membership_id, 59, 59);
}

static void an_extension_is_the_date_that_is_held_open(void **state)
{
    struct store_fixture *fixture = *state;
    dates(fixture, DUE - 48 * HOUR, DUE - 48 * HOUR);
    assert_int_equal(refused(fixture, -5), 0);
    sql(fixture,
        "INSERT INTO extension (offering_id, membership_id, due_at, reason, actor, made_at)"
        " VALUES (%lld, %lld, %lld, 'ill', 'ta', 1)",
        (long long)fixture->offering_id, (long long)fixture->membership_id, (long long)DUE);
    assert_int_equal(refused(fixture, -5), 1);
    assert_dates(fixture, fixture->membership_id, 55, 55);
}

static void an_extension_older_than_everybodys_new_date_holds_nothing_back(void **state)
{
    struct store_fixture *fixture = *state;
    dates(fixture, DUE, DUE);
    sql(fixture,
        "INSERT INTO extension (offering_id, membership_id, due_at, reason, actor, made_at)"
        " VALUES (%lld, %lld, %lld, 'ill', 'ta', 1)",
        (long long)fixture->offering_id, (long long)fixture->membership_id,
        (long long)(DUE - 7 * DAY_MIN * MINUTE));
    assert_int_equal(refused(fixture, -20), 1);
    assert_dates(fixture, fixture->membership_id, 40, 40);
}

static void without_a_date_there_is_nothing_to_hold(void **state)
{
    struct store_fixture *fixture = *state;
    assert_int_equal(refused(fixture, 0), 0);
    assert_int_equal(outage(fixture, -600, 600), 0);
}

static void an_outage_over_the_deadline_gives_everybody_an_hour(void **state)
{
    struct store_fixture *fixture = *state;
    int64_t bob = another(fixture, "bob");
    dates(fixture, DUE, DUE);
    assert_int_equal(outage(fixture, -10, 3 * DAY_MIN), 2);
    assert_dates(fixture, bob, 3 * DAY_MIN + 60, 3 * DAY_MIN + 60);
    assert_dates(fixture, fixture->membership_id, 3 * DAY_MIN + 60, 3 * DAY_MIN + 60);
}

static void an_outage_long_before_or_after_moves_nothing(void **state)
{
    struct store_fixture *fixture = *state;
    dates(fixture, DUE, DUE);
    assert_int_equal(outage(fixture, -180, -61), 0);
    assert_int_equal(outage(fixture, 1, 100), 0);
    sql(fixture, "UPDATE offering SET opens_at = %lld", (long long)(DUE + 10 * HOUR));
    assert_int_equal(outage(fixture, -10, 10), 0); /* not yet open: nobody could have sent */
}

static void a_second_outage_holds_what_the_first_one_held(void **state)
{
    struct store_fixture *fixture = *state;
    dates(fixture, DUE, DUE);
    (void)outage(fixture, -10, 10); /* until 70 */
    assert_int_equal(outage(fixture, 60, 200), 1);
    assert_dates(fixture, fixture->membership_id, 260, 260);
}

static void the_first_start_is_no_outage_and_later_ones_are_noted(void **state)
{
    struct store_fixture *fixture = *state;
    dates(fixture, DUE, DUE);
    assert_false(err_is(held_outage(&fixture->db, DUE - 20 * MINUTE)));
    assert_int_equal(FIRST_COLUMN(fixture, "SELECT count(*) FROM outage"), 0);
    assert_false(err_is(held_outage(&fixture->db, DUE + 20 * MINUTE)));
    assert_int_equal(FIRST_COLUMN(fixture, "SELECT ended_at - began_at FROM outage"), 40 * MINUTE);
    assert_int_equal(FIRST_COLUMN(fixture, "SELECT count(*) FROM audit WHERE action = 'outage'"),
                     1);
    assert_dates(fixture, fixture->membership_id, 80, 80);
    /* A clock that was set back says nothing. */
    assert_false(err_is(held_outage(&fixture->db, DUE)));
    assert_int_equal(FIRST_COLUMN(fixture, "SELECT count(*) FROM outage"), 1);
}

/* -- with the service's own writer ------------------------------------------------------------- */

static int make_service(void **state)
{
    struct service_fixture *service = calloc(1, sizeof *service);
    service_make(service, "tests/programs/pretend_worker");
    *state = service;
    return 0;
}

static int remove_service(void **state)
{
    service_remove(*state);
    free(*state);
    return 0;
}

struct count {
    struct service_fixture *service;
    int64_t at_least;
};

static bool is_held(const void *context)
{
    const struct count *count = context;
    return service_number(count->service, "SELECT count(*) FROM held_open") >= count->at_least;
}

static void deadline_in(struct service_fixture *service, int64_t minutes)
{
    char text[160];
    int64_t at = clock_utc_us() + minutes * MINUTE;
    (void)snprintf(text, sizeof text, "UPDATE offering SET due_at = %lld, closes_at = %lld",
                   (long long)at, (long long)at);
    assert_false(err_is(service_sql(service, text)));
}

static struct refusal ask(struct service_fixture *service, bool practice, enum language language)
{
    return submissions_may(service->grader.submissions, &service->store.who, "attention", practice,
                           clock_utc_us(), language);
}

static void a_full_house_holds_the_deadline_open_and_says_so(void **state)
{
    struct service_fixture *service = *state;
    service->settings.queue_max = 0;
    service_start(service);
    deadline_in(service, 10);
    assert_int_equal(ask(service, true, LANGUAGE_EN).http_code, 503); /* practice has no deadline */
    assert_null(strstr(ask(service, true, LANGUAGE_EN).text, "deadline"));
    assert_int_equal(held_stats(service->grader.held).refused, 0);
    struct refusal refusal = ask(service, false, LANGUAGE_EN);
    assert_string_equal(refusal.text, "full house: 0 waiting. Nothing was stored; try again in "
                                      "60 s. Your deadline is held open for you");
    assert_non_null(strstr(ask(service, false, LANGUAGE_ZH).text, "你的截止时间会为你保留"));
    const struct count one = {service, 1};
    service_wait(service, is_held, &one);
    assert_in_range(service_number(service, "SELECT due_at FROM held_open"),
                    clock_utc_us() + 59 * MINUTE, clock_utc_us() + 60 * MINUTE);
}

static void a_note_waits_in_memory_until_the_disk_has_room(void **state)
{
    struct service_fixture *service = *state;
    service->settings.queue_max = 0;
    service_start(service);
    deadline_in(service, 10);
    assert_false(err_is(service_sql(service, "ALTER TABLE held_open RENAME TO away")));
    (void)ask(service, false, LANGUAGE_EN);
    service_run_ms(service, 1500); /* the write has failed once */
    assert_int_equal(held_stats(service->grader.held).written, 0);
    assert_false(err_is(service_sql(service, "ALTER TABLE away RENAME TO held_open")));
    const struct count one = {service, 1};
    service_wait(service, is_held, &one);
    assert_int_equal(held_stats(service->grader.held).refused, 1);
    assert_int_equal(held_stats(service->grader.held).written, 1);
}

static void a_refusal_on_the_way_out_is_written_before_the_end(void **state)
{
    struct service_fixture *service = *state;
    service->settings.queue_max = 0;
    service_start(service);
    deadline_in(service, 10);
    (void)ask(service, false, LANGUAGE_EN);
    service_stop(service, false); /* before any beat of the timer */
    assert_int_equal(FIRST_COLUMN(&service->store, "SELECT count(*) FROM held_open"), 1);
}

static bool is_alive_again(const void *context)
{
    struct service_fixture *service = (struct service_fixture *)(uintptr_t)context;
    return FIRST_COLUMN(&service->store, "SELECT alive_at FROM service") > 1;
}

/* Else the next start would take a day of refusals for an outage, and hold everything open. */
static void a_house_that_refuses_all_the_time_says_that_it_is_alive(void **state)
{
    struct service_fixture *service = *state;
    service->settings.queue_max = 0;
    service_start(service);
    deadline_in(service, 10);
    service_wait(service, is_alive_again, service); /* the first beat */
    assert_false(err_is(db_exec(&service->store.db, "UPDATE service SET alive_at = 1")));
    (void)ask(service, false, LANGUAGE_EN);
    int64_t began_ms = clock_ms();
    service_wait(service, is_alive_again, service);
    assert_true(clock_ms() - began_ms < 4000); /* with the note, a beat later */
}

static void notes_are_bounded_and_who_has_no_room_is_told_the_truth(void **state)
{
    struct service_fixture *service = *state;
    service->settings.queue_max = 0;
    service_start(service);
    for (int64_t id = 100; id < 100 + 4096; id++)
        assert_true(held_refused(service->grader.held, id, "attention", 1));
    assert_true(held_refused(service->grader.held, 100, "attention", 2)); /* it is there */
    assert_false(held_refused(service->grader.held, 99, "attention", 1));
    assert_non_null(strstr(ask(service, false, LANGUAGE_EN).text, "ask your TA"));
}

int main(void)
{
#define STORE(test) cmocka_unit_test_setup_teardown(test, make, remove_all)
#define SERVICE(test) cmocka_unit_test_setup_teardown(test, make_service, remove_service)
    const struct CMUnitTest tests[] = {
        STORE(a_refusal_in_the_last_hour_gives_an_hour_from_then),
        STORE(the_last_second_of_the_hour_is_in_it_and_no_earlier_one),
        STORE(the_last_minute_counts_to_its_end_and_what_is_over_stays_over),
        STORE(trouble_that_goes_on_goes_on_holding_but_not_for_ever),
        STORE(late_work_has_its_close_held_open_and_is_late_all_the_same),
        STORE(a_close_stays_where_it_is_while_it_is_far),
        STORE(a_due_date_that_moves_past_the_close_takes_it_along),
        STORE(an_extension_is_the_date_that_is_held_open),
        STORE(an_extension_older_than_everybodys_new_date_holds_nothing_back),
        STORE(without_a_date_there_is_nothing_to_hold),
        STORE(an_outage_over_the_deadline_gives_everybody_an_hour),
        STORE(an_outage_long_before_or_after_moves_nothing),
        STORE(a_second_outage_holds_what_the_first_one_held),
        STORE(the_first_start_is_no_outage_and_later_ones_are_noted),
        SERVICE(a_full_house_holds_the_deadline_open_and_says_so),
        SERVICE(a_note_waits_in_memory_until_the_disk_has_room),
        SERVICE(a_refusal_on_the_way_out_is_written_before_the_end),
        SERVICE(a_house_that_refuses_all_the_time_says_that_it_is_alive),
        SERVICE(notes_are_bounded_and_who_has_no_room_is_told_the_truth),
    };
    return cmocka_run_group_tests_name("held", tests, NULL, NULL);
}
