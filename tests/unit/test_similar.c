/* Likeness of sources: what sim_c says of them, made into pairs and shares. */
#include "grader/similar.h"
#include "tests/unit/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct similar_source source(int64_t id, const char *text)
{
    return (struct similar_source){.id = id, .text = text, .size = strlen(text)};
}

static void a_line_of_a_run_is_read_and_nothing_else(void **state)
{
    struct similar_run run;
    (void)state;
    assert_true(similar_parse("all: line 26-47              |all: line 73-94     [245]\n", &run));
    assert_string_equal(run.one, "all");
    assert_int_equal(run.one_from, 26);
    assert_int_equal(run.other_to, 94);
    assert_int_equal(run.tokens, 245);
    assert_true(similar_parse("one: line 1-2|given: line 3-4[24]", &run));
    assert_string_equal(run.other, "given");
    assert_false(similar_parse("Total input: 1 file (1 new, 0 old), 871 tokens", &run));
    assert_false(similar_parse("", &run));
    assert_false(similar_parse("one: line 9-2|other: line 3-4[24]", &run));
    assert_false(similar_parse("one: line 1-2|other: line -3-4[24]", &run));
    assert_false(similar_parse("|", &run));
}

static void the_joined_text_says_where_each_source_lies(void **state)
{
    struct similar_source sources[] = {source(5, "a\nb\n"), source(7, "c"), source(9, "")};
    struct buf whole;
    (void)state;
    buf_init(&whole, 4096);
    similar_join(sources, 3, &whole);
    assert_int_equal(sources[0].first_line, 1);
    assert_int_equal(sources[1].first_line, 5); /* two lines, the end of a comment, a wall */
    assert_int_equal(sources[1].lines, 1);
    assert_int_equal(sources[2].lines, 0);
    int lines = 0;
    for (size_t i = 0; i < whole.size; i++)
        lines += whole.at[i] == '\n';
    assert_int_equal(lines, 9);
    buf_release(&whole);
}

static void candidates_are_added_up_by_pair_and_the_most_alike_come_first(void **state)
{
    struct similar_source sources[] = {{.id = 1, .first_line = 1, .lines = 10},
                                       {.id = 2, .first_line = 13, .lines = 10},
                                       {.id = 3, .first_line = 25, .lines = 10}};
    static const char output[] = "all: line 1-5 |all: line 13-17 [50]\n"
                                 "all: line 12-21 |all: line 24-33 [70]\n" /* from a wall on */
                                 "all: line 18-19 |all: line 6-7 [40]\n" /* the same pair, turned */
                                 "all: line 2-3 |all: line 8-9 [99]\n"   /* within one source */
                                 "all: line 11-12 |all: line 13-14 [99]\n"; /* a wall */
    struct similar_pair *pairs = NULL;
    size_t count = 0;
    (void)state;
    assert_false(err_is(similar_candidates(sources, 3, output, 10, &pairs, &count)));
    assert_int_equal(count, 2);
    assert_int_equal(pairs[0].one, 0);
    assert_int_equal(pairs[0].other, 1);
    assert_int_equal(pairs[0].tokens, 90);
    assert_int_equal(pairs[1].tokens, 70);
    free(pairs);
    assert_false(err_is(similar_candidates(sources, 3, output, 1, &pairs, &count)));
    assert_int_equal(count, 1);
    free(pairs);
    assert_false(err_is(similar_candidates(sources, 3, "", 1, &pairs, &count)));
    assert_int_equal(count, 0);
    free(pairs);
}

static void a_share_leaves_out_blank_lines_and_what_was_given(void **state)
{
    struct similar_source one = source(1, "given\n\nown\nown\nshared\nshared\n");
    struct similar_source other = source(2, "shared\nshared\n");
    struct similar_pair pair = {.one = 0, .other = 1};
    (void)state;
    similar_compare(&one, &other,
                    "one: line 5-6 |other: line 1-2 [30]\n"
                    "one: line 1-1 |given: line 9-9 [24]\n",
                    &pair);
    assert_int_equal(pair.one_share, 50); /* 2 of 4 */
    assert_int_equal(pair.other_share, 100);
    assert_int_equal(pair.runs_count, 1);
    similar_compare(&one, &other,
                    "one: line 5-6 |other: line 1-2 [30]\none: line 5-6 |given: line 1-2 [30]\n"
                    "other: line 1-2 |given: line 1-2 [30]\n",
                    &pair);
    assert_int_equal(pair.one_share, 0);
    assert_int_equal(pair.other_share, 0);
}

static void lines_past_the_end_harm_nobody(void **state)
{
    struct similar_source one = source(1, "a\n");
    struct similar_pair pair = {.one = 0, .other = 1};
    (void)state;
    similar_compare(&one, &one, "one: line 1-2000000000 |other: line 2000000000-2000000001 [9]\n",
                    &pair);
    assert_int_equal(pair.one_share, 100);
    assert_int_equal(pair.other_share, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_a_run_is_read_and_nothing_else),
        cmocka_unit_test(the_joined_text_says_where_each_source_lies),
        cmocka_unit_test(candidates_are_added_up_by_pair_and_the_most_alike_come_first),
        cmocka_unit_test(a_share_leaves_out_blank_lines_and_what_was_given),
        cmocka_unit_test(lines_past_the_end_harm_nobody),
    };
    return cmocka_run_group_tests_name("similar", tests, NULL, NULL);
}
