/* Ranks of uncertain measurements. */
#include "assignments/ranking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on
#include <stdlib.h>

static struct ranking_entry entry(int64_t who, double low, double high)
{
    return (struct ranking_entry){.who = who, .low = low, .high = high};
}

static void overlapping_intervals_share_a_rank(void **state)
{
    struct ranking_entry entries[] = {entry(1, 3.9, 4.0), entry(2, 8.0, 8.2), entry(3, 7.9, 8.1),
                                      entry(4, 2.0, 2.1)};
    (void)state;
    assert_int_equal(ranking_make(entries, 4), 4);
    assert_int_equal(entries[0].who, 2);
    assert_int_equal(entries[0].rank, 1);
    assert_int_equal(entries[1].rank, 1);
    assert_int_equal(entries[0].shared, 2);
    assert_int_equal(entries[2].who, 1);
    assert_int_equal(entries[2].rank, 3); /* two stand before */
    assert_int_equal(entries[3].rank, 4);
    assert_int_equal(entries[3].shared, 1);
}

/* A B overlap, B C overlap, A C do not: the leader decides, not a chain through everybody. */
static void a_chain_of_overlaps_does_not_tie_all(void **state)
{
    struct ranking_entry entries[] = {entry(1, 10, 12), entry(2, 9, 10.5), entry(3, 8, 9.5)};
    (void)state;
    (void)ranking_make(entries, 3);
    assert_int_equal(entries[0].rank, 1);
    assert_int_equal(entries[1].rank, 1);
    assert_int_equal(entries[2].who, 3);
    assert_int_equal(entries[2].rank, 3);
}

static void noise_gains_nothing(void **state)
{
    struct ranking_entry entries[] = {entry(1, 8.0, 8.2), entry(2, 4.0, 4.1), entry(3, 1.0, 20.0)};
    (void)state;
    (void)ranking_make(entries, 3);
    assert_int_equal(entries[2].who, 3);
    assert_int_equal(entries[2].rank, 2); /* with whoever is next to it, not with the first */
}

static void who_waits_for_a_ta_has_no_rank(void **state)
{
    struct ranking_entry entries[] = {entry(1, 50, 51), entry(2, 4.0, 4.1)};
    (void)state;
    entries[0].is_held = true;
    assert_int_equal(ranking_make(entries, 2), 1);
    assert_int_equal(entries[0].who, 2);
    assert_int_equal(entries[0].rank, 1);
    assert_int_equal(entries[1].rank, 0);
}

static void nobody_and_one_alone(void **state)
{
    struct ranking_entry one = entry(1, 2, 3);
    (void)state;
    assert_int_equal(ranking_make(NULL, 0), 0);
    assert_int_equal(ranking_make(&one, 1), 1);
    assert_int_equal(one.rank, 1);
    assert_int_equal(one.shared, 1);
}

/* Whatever comes: ranks grow with the place, a rank counts all before its group, all of a group
 * overlap its first, and the order in which entries came plays no part. */
static void promises_hold_for_many_random_boards(void **state)
{
    struct ranking_entry entries[40];
    struct ranking_entry again[40];
    unsigned seed = 7;
    (void)state;
    for (int round = 0; round < 2000; round++) {
        size_t count = (size_t)rand_r(&seed) % 40;
        for (size_t i = 0; i < count; i++) {
            double low = 1 + rand_r(&seed) % 50 / 10.0;
            entries[i] = entry((int64_t)i, low, low + rand_r(&seed) % 20 / 10.0);
            entries[i].is_held = rand_r(&seed) % 9 == 0;
            again[count - 1 - i] = entries[i];
        }
        size_t ranked = ranking_make(entries, count);
        assert_int_equal(ranking_make(again, count), ranked);
        size_t leader = 0;
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(entries[i].who, again[i].who);
            assert_int_equal(entries[i].rank, again[i].rank);
            assert_int_equal(entries[i].rank == 0, i >= ranked);
            if (i >= ranked)
                continue;
            if (i > 0 && entries[i].rank != entries[i - 1].rank)
                leader = i;
            assert_int_equal(entries[i].rank, leader + 1);
            assert_true(entries[i].high >= entries[leader].low);
            assert_true(i == leader || entries[i].shared == entries[leader].shared);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlapping_intervals_share_a_rank),
        cmocka_unit_test(a_chain_of_overlaps_does_not_tie_all),
        cmocka_unit_test(noise_gains_nothing),
        cmocka_unit_test(who_waits_for_a_ta_has_no_rank),
        cmocka_unit_test(nobody_and_one_alone),
        cmocka_unit_test(promises_hold_for_many_random_boards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
