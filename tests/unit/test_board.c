/* One row per person, who sees what, and names that are no markup. */
#include "grader/board.h"
#include "grader/report_parts.h"
#include "grader/web/web_board.h"
#include "sandbox/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on
#include <stdio.h>
#include <string.h>

static struct board board;
static struct buf out;

static int fresh(void **state)
{
    (void)state;
    board_init(&board);
    buf_init(&out, 8 << 20);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    board_release(&board);
    buf_release(&out);
    return 0;
}

static struct board_run run(int64_t person, double low)
{
    static int64_t number;
    struct board_run made = {.membership_id = person,
                             .submission_id = ++number,
                             .speedup = low + 0.05,
                             .low = low,
                             .high = low + 0.1,
                             .received_at = 1795844987599256 + number};
    (void)snprintf(made.login, sizeof made.login, "s%lld", (long long)person);
    (void)snprintf(made.name, sizeof made.name, "Real Name %lld", (long long)person);
    (void)text_copy(made.class_name, sizeof made.class_name, "cpu:x86-64-v4");
    return made;
}

static void add(int64_t person, double low)
{
    struct board_run made = run(person, low);
    board_add(&board, &made);
}

static struct board_view view_of(int64_t own, size_t top)
{
    return (struct board_view){
        .cohort = "ml", .assignment = "attention", .own = own, .top = top, .names = NAMES_ALIAS};
}

static void each_person_has_one_row_their_best(void **state)
{
    (void)state;
    add(1, 2);
    add(1, 5);
    add(1, 3);
    add(2, 4);
    board_rank(&board);
    struct board_class class = board_class(&board, "");
    assert_int_equal(class.rows_count, 2);
    assert_int_equal(class.rows[0].best.membership_id, 1);
    assert_true(class.rows[0].best.low == 5);
    assert_int_equal(class.rows[0].history_count, 2); /* 2, then 5; 3 was no improvement */
    assert_int_equal(class.rows[1].rank, 2);
}

static void the_history_keeps_the_last_improvements(void **state)
{
    (void)state;
    for (int i = 1; i <= BOARD_HISTORY_MAX + 4; i++)
        add(1, i);
    board_rank(&board);
    const struct board_row *row = &board.rows[0];
    assert_int_equal(row->history_count, BOARD_HISTORY_MAX);
    assert_true(row->history[BOARD_HISTORY_MAX - 1].speedup == row->best.speedup);
}

static void what_is_under_review_is_not_first(void **state)
{
    (void)state;
    struct board_run held = run(1, 900);
    held.is_held = true;
    add(1, 2);
    board_add(&board, &held);
    struct board_run alone = run(3, 800);
    alone.is_held = true;
    board_add(&board, &alone);
    add(2, 1);
    board_rank(&board);
    struct board_class class = board_class(&board, "");
    assert_true(class.rows[0].best.low == 2); /* the run that nobody doubts counts meanwhile */
    assert_int_equal(class.rows[0].rank, 1);
    assert_int_equal(class.rows[2].rank, 0);
    struct board_view other = view_of(2, 10);
    assert_false(board_shows(&class, 2, &other));
    struct board_view owner = view_of(3, 10);
    assert_true(board_shows(&class, 2, &owner));
}

static void classes_are_ranked_apart(void **state)
{
    const char *names[SPEC_CLASSES_MAX];
    (void)state;
    struct board_run other = run(1, 100);
    (void)text_copy(other.class_name, sizeof other.class_name, "gpu:sm_90");
    board_add(&board, &other);
    add(1, 2);
    add(2, 3);
    board_rank(&board);
    assert_int_equal(board_classes(&board, names), 2);
    assert_string_equal(board_class(&board, "").name, "cpu:x86-64-v4"); /* has most */
    assert_int_equal(board_class(&board, "gpu:sm_90").rows_count, 1);
    assert_int_equal(board_class(&board, "gpu:sm_1").rows_count, 0);
}

static void the_top_and_ones_own_neighbours_are_shown(void **state)
{
    size_t shown = 0;
    (void)state;
    for (int person = 1; person <= 100; person++)
        add(person, 200 - person);
    board_rank(&board);
    struct board_class class = board_class(&board, "");
    struct board_view view = view_of(50, 10);
    for (size_t i = 0; i < class.rows_count; i++)
        shown += board_shows(&class, i, &view);
    assert_int_equal(shown, 10 + 1 + 2 * BOARD_NEIGHBOURS);
    view.own = 0;
    shown = 0;
    for (size_t i = 0; i < class.rows_count; i++)
        shown += board_shows(&class, i, &view);
    assert_int_equal(shown, 10);
}

/* Whoever has a class list knows logins and the order of memberships, and must not guess from them.
 */
static void a_name_for_the_nameless_comes_from_the_mask_alone(void **state)
{
    char name[128], other[128];
    struct board_row row = {.best = run(7, 2), .rank = 1}, same = {.best = run(8, 2), .rank = 2};
    struct board_view view = view_of(0, 10);
    (void)state;

    row.best.mask = same.best.mask = 0x1234567890abcdef;
    assert_string_equal(board_name(&row, &view, name, sizeof name),
                        board_name(&same, &view, other, sizeof other));
    row.best.mask = -3;
    assert_string_not_equal(board_name(&row, &view, name, sizeof name), other);
}

static void names_are_as_the_offering_says(void **state)
{
    char name[128];
    struct board_row row = {.best = run(7, 2), .rank = 1};
    struct board_view view = view_of(0, 10);
    (void)state;

    assert_null(strstr(board_name(&row, &view, name, sizeof name), "Real"));
    assert_null(strstr(name, "s7"));
    (void)text_copy(row.best.alias, sizeof row.best.alias, "the quick one");
    assert_string_equal(board_name(&row, &view, name, sizeof name), "the quick one");
    view.names = NAMES_ANONYMOUS;
    assert_string_equal(board_name(&row, &view, name, sizeof name), "-");
    view.names = NAMES_REAL;
    assert_string_equal(board_name(&row, &view, name, sizeof name), "Real Name 7");
    view.own = 7;
    assert_string_equal(board_name(&row, &view, name, sizeof name), "s7");
    view.own = 0;
    view.everything = true;
    assert_string_equal(board_name(&row, &view, name, sizeof name), "Real Name 7 (s7)");
}

/* Logins, real names and submissions of others are in no form that a student gets. */
static void a_student_sees_only_aliases_of_others(void **state)
{
    (void)state;
    for (int person = 1; person <= 30; person++)
        add(person, 200 - person);
    board_rank(&board);
    struct board_class class = board_class(&board, "");
    struct board_view view = view_of(20, 5);
    const struct page_head head = {.title = "t", .path = "/", .login = "s20", .cohort = "ml"};
    board_json(&out, &board, &class, &view);
    board_text(&out, &class, &view);
    web_board(&out, &board, &class, &view, &head);
    assert_null(strstr(out.at, "Real Name"));
    assert_null(strstr(out.at, "s19"));
    assert_null(strstr(out.at, "\"s1\""));
    assert_non_null(strstr(out.at, "s20"));
}

static void hostile_names_stay_text_and_lines_stay_80_columns(void **state)
{
    (void)state;
    for (int person = 1; person <= 3; person++) {
        struct board_run made = run(person, person);
        (void)text_copy(made.alias, sizeof made.alias,
                        person == 1 ? "<script>alert('x')</script>\x1b[31m"
                        : person == 2
                            ? "\xe5\xbf\xab\xe5\xbf\xab\xe5\xbf\xab\xe5\xbf\xab\xe5\xbf\xab"
                              "\xe5\xbf\xab\xe5\xbf\xab\xe5\xbf\xab\xe5\xbf\xab\xe5\xbf\xab"
                              "\xe5\xbf\xab\xe5\xbf\xab\xe5\xbf\xab\xe5\xbf\xab\xe5\xbf\xab"
                            : "\"><img src=x>\n\rbroken");
        board_add(&board, &made);
    }
    board_rank(&board);
    struct board_class class = board_class(&board, "");
    struct board_view view = view_of(0, 5);
    const struct page_head head = {.title = "t", .path = "/", .login = "", .cohort = ""};
    web_board(&out, &board, &class, &view, &head);
    assert_null(strstr(out.at, "<script>alert"));
    assert_null(strstr(out.at, "<img"));
    assert_null(strchr(out.at, 0x1b));
    buf_clear(&out);
    board_text(&out, &class, &view);
    int lines = 0;
    for (char *line = strtok(out.at, "\n"); line; line = strtok(NULL, "\n"), lines++)
        assert_in_range(lines_columns(line), 1, 80);
    assert_int_equal(lines, 6);
}

static void a_place_counts_the_run_that_is_not_in_yet(void **state)
{
    (void)state;
    add(1, 8);
    add(2, 4);
    board_rank(&board);
    struct board_run better = run(2, 8.05);
    struct board_place place = board_place(&board, &better);
    assert_int_equal(place.rank, 1);
    assert_int_equal(place.shared, 2);
    assert_int_equal(place.of, 2);
    struct board_run worse = run(1, 1); /* what counts is still the 8 */
    assert_int_equal(board_place(&board, &worse).rank, 1);
    struct board_run third = run(3, 1);
    assert_int_equal(board_place(&board, &third).rank, 3);
    assert_int_equal(board_place(&board, &third).of, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_person_has_one_row_their_best, fresh, drop),
        cmocka_unit_test_setup_teardown(the_history_keeps_the_last_improvements, fresh, drop),
        cmocka_unit_test_setup_teardown(what_is_under_review_is_not_first, fresh, drop),
        cmocka_unit_test_setup_teardown(classes_are_ranked_apart, fresh, drop),
        cmocka_unit_test_setup_teardown(the_top_and_ones_own_neighbours_are_shown, fresh, drop),
        cmocka_unit_test_setup_teardown(a_name_for_the_nameless_comes_from_the_mask_alone, fresh,
                                        drop),
        cmocka_unit_test_setup_teardown(names_are_as_the_offering_says, fresh, drop),
        cmocka_unit_test_setup_teardown(a_student_sees_only_aliases_of_others, fresh, drop),
        cmocka_unit_test_setup_teardown(hostile_names_stay_text_and_lines_stay_80_columns, fresh,
                                        drop),
        cmocka_unit_test_setup_teardown(a_place_counts_the_run_that_is_not_in_yet, fresh, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
