/* Order, fairness, turns and conservation of the queue: plain cases, then random schedules against
 * the rules written down once more as plain loops. */
#include "grader/queue.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/text.h"
#include "tests/unit/support/check.h"

#include <stdlib.h>

#define CPU "cpu:x86-64-v4"
#define MINUTE 60000

static struct queue queue;

static struct queue_ticket ticket_of(int64_t person, enum queue_class class, bool is_timing)
{
    struct queue_ticket ticket = {
        .person = person, .class = class, .is_timing = is_timing, .needs = "cpu"};
    return ticket;
}

static int empty(void **state)
{
    (void)state;
    queue_init(&queue, 0, false);
    return 0;
}

static void oldest_first_for_equal_people(void **state)
{
    (void)state;
    struct queue_ticket a = ticket_of(1, QUEUE_CHECK, false);
    struct queue_ticket b = ticket_of(2, QUEUE_CHECK, false);
    queue_push(&queue, &a, 0);
    queue_push(&queue, &b, 0);
    queue_number(&queue);
    assert_int_equal(a.position, 1);
    assert_int_equal(b.position, 2);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &a);
    queue_number(&queue);
    assert_int_equal(a.position, 0);
    assert_int_equal(b.position, 1);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &b);
    assert_null(queue_take(&queue, CPU, true, 0));
}

static void fewest_running_goes_before_oldest(void **state)
{
    (void)state;
    struct queue_ticket greedy[3];
    struct queue_ticket late = ticket_of(2, QUEUE_CHECK, false);
    for (int i = 0; i < 3; i++) {
        greedy[i] = ticket_of(1, QUEUE_CHECK, false);
        queue_push(&queue, &greedy[i], 0);
    }
    queue_push(&queue, &late, 0);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &greedy[0]);
    queue_number(&queue);
    assert_int_equal(late.position, 1);
    assert_int_equal(greedy[1].position, 2);
    assert_int_equal(greedy[2].position, 3);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &late);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &greedy[1]);
}

/* Pushed the wrong way round; taken, and numbered, in the order of the classes. */
static void classes_go_one_after_the_other(void **state)
{
    (void)state;
    struct queue_ticket tickets[] = {
        ticket_of(1, QUEUE_CHECK, false),    ticket_of(2, QUEUE_TIME, true),
        ticket_of(3, QUEUE_PRACTICE, false), ticket_of(4, QUEUE_PRACTICE, true),
        ticket_of(5, QUEUE_REGRADE, false),  ticket_of(6, QUEUE_REGRADE, true),
    };
    enum { COUNT_ALL = sizeof tickets / sizeof tickets[0] };
    for (int i = COUNT_ALL - 1; i >= 0; i--)
        queue_push(&queue, &tickets[i], 0);
    queue_number(&queue);
    for (int i = 0; i < COUNT_ALL; i++)
        assert_int_equal(tickets[i].position, i + 1);
    assert_int_equal(tickets[5].timings_ahead, 2);
    for (int i = 0; i < COUNT_ALL; i++) {
        assert_ptr_equal(queue_take(&queue, CPU, true, 0), &tickets[i]);
        queue_finish(&queue, &tickets[i]);
    }
}

static void one_timing_at_a_time(void **state)
{
    (void)state;
    struct queue_ticket first = ticket_of(1, QUEUE_TIME, true);
    struct queue_ticket second = ticket_of(2, QUEUE_TIME, true);
    struct queue_ticket check = ticket_of(3, QUEUE_CHECK, false);
    queue_push(&queue, &first, 0);
    queue_push(&queue, &second, 0);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &first);
    assert_null(queue_take(&queue, CPU, true, 0));
    queue_push(&queue, &check, 0);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &check);
    queue_finish(&queue, &first);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &second);
}

static void on_a_small_machine_a_timing_runs_alone(void **state)
{
    (void)state;
    struct queue_ticket timing = ticket_of(1, QUEUE_TIME, true);
    struct queue_ticket check = ticket_of(2, QUEUE_CHECK, false);
    struct queue_ticket later = ticket_of(3, QUEUE_CHECK, false);
    queue_init(&queue, 0, true);
    queue_push(&queue, &check, 0);
    queue_push(&queue, &timing, 0);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &check);
    assert_null(queue_take(&queue, CPU, true, 0)); /* not beside a check */
    queue_finish(&queue, &check);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &timing);
    queue_push(&queue, &later, 0);
    assert_null(queue_take(&queue, CPU, true, 0)); /* no check beside it */
    queue_finish(&queue, &timing);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &later);
}

static void a_worker_that_doubts_takes_checks_and_leaves_timings(void **state)
{
    (void)state;
    struct queue_ticket timing = ticket_of(1, QUEUE_TIME, true);
    struct queue_ticket practice = ticket_of(2, QUEUE_PRACTICE, false);
    queue_push(&queue, &timing, 0);
    queue_push(&queue, &practice, 0);
    assert_ptr_equal(queue_take(&queue, CPU, false, 0), &practice);
    assert_null(queue_take(&queue, CPU, false, 0));
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &timing);
}

/* … and on a small machine lets it run empty for the one that takes them. */
static void a_worker_that_doubts_keeps_no_timing_waiting(void **state)
{
    (void)state;
    struct queue_ticket timing = ticket_of(1, QUEUE_TIME, true);
    struct queue_ticket practice = ticket_of(2, QUEUE_PRACTICE, false);
    struct queue_ticket check = ticket_of(3, QUEUE_CHECK, false);
    queue_init(&queue, 0, true);
    queue_push(&queue, &timing, 0);
    queue_push(&queue, &practice, 0);
    assert_null(queue_take(&queue, CPU, false, 0));
    queue_push(&queue, &check, 0);
    assert_ptr_equal(queue_take(&queue, CPU, false, 0), &check);
    assert_null(queue_take(&queue, CPU, false, 0));
    queue_finish(&queue, &check);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &timing);
}

/* Practice that never ceases must not keep the machine from running empty. */
static void a_timing_that_wants_to_be_alone_is_not_kept_waiting_by_lower_classes(void **state)
{
    (void)state;
    struct queue_ticket check = ticket_of(1, QUEUE_CHECK, false);
    struct queue_ticket timing = ticket_of(2, QUEUE_TIME, true);
    struct queue_ticket practice = ticket_of(3, QUEUE_PRACTICE, false);
    queue_init(&queue, 0, true);
    queue_push(&queue, &check, 0);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &check);
    queue_push(&queue, &timing, 0);
    queue_push(&queue, &practice, 0);
    assert_null(queue_take(&queue, CPU, true, 0));
    queue_finish(&queue, &check);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &timing);
}

static void a_failed_run_keeps_its_place(void **state)
{
    (void)state;
    struct queue_ticket a = ticket_of(1, QUEUE_CHECK, false);
    struct queue_ticket b = ticket_of(2, QUEUE_CHECK, false);
    queue_push(&queue, &a, 0);
    queue_push(&queue, &b, 0);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &a);
    queue_finish(&queue, &a);
    queue_push(&queue, &a, 5);
    queue_number(&queue);
    assert_int_equal(a.position, 1);
    assert_ptr_equal(queue_take(&queue, CPU, true, 5), &a);
}

static void a_removed_ticket_is_never_given_out(void **state)
{
    (void)state;
    struct queue_ticket a = ticket_of(1, QUEUE_CHECK, false);
    queue_push(&queue, &a, 0);
    queue_remove(&queue, &a);
    queue_remove(&queue, &a); /* twice is fine */
    assert_int_equal(queue.waiting_count, 0);
    assert_null(queue_take(&queue, CPU, true, 0));
}

static void a_worker_gets_only_what_it_can_do(void **state)
{
    (void)state;
    struct queue_ticket any_gpu = ticket_of(1, QUEUE_CHECK, false);
    struct queue_ticket hopper = ticket_of(2, QUEUE_CHECK, false);
    struct queue_ticket cpu = ticket_of(3, QUEUE_CHECK, false);
    (void)text_copy(any_gpu.needs, sizeof any_gpu.needs, "gpu");
    (void)text_copy(hopper.needs, sizeof hopper.needs, "gpu:sm_90");
    queue_push(&queue, &any_gpu, 0);
    queue_push(&queue, &hopper, 0);
    queue_push(&queue, &cpu, 0);
    queue_number(&queue); /* each line apart */
    assert_int_equal(cpu.position, 1);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &cpu);
    assert_null(queue_take(&queue, CPU, true, 0));
    assert_ptr_equal(queue_take(&queue, "gpu:sm_80", true, 0), &any_gpu);
    assert_null(queue_take(&queue, "gpu:sm_80", true, 0));
    assert_null(queue_take(&queue, "gpu:sm_900", true, 0));
    assert_ptr_equal(queue_take(&queue, "gpu:sm_90", true, 0), &hopper);
}

static void a_regrade_has_a_slot_of_its_own(void **state)
{
    (void)state;
    struct queue_ticket regrades[2] = {ticket_of(1, QUEUE_REGRADE, false),
                                       ticket_of(2, QUEUE_REGRADE, false)};
    struct queue_ticket live[2] = {ticket_of(3, QUEUE_CHECK, false),
                                   ticket_of(4, QUEUE_CHECK, false)};
    queue_init(&queue, 1, false);
    for (int i = 0; i < 2; i++)
        queue_push(&queue, &live[i], 0);
    for (int i = 0; i < 2; i++)
        queue_push(&queue, &regrades[i], 0);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &regrades[0]);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &live[0]);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &live[1]);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &regrades[1]); /* nothing live is left */
}

/* Every class gets one turn in its time, however much live checking there is. */
static void nobody_starves_behind_endless_checking(void **state)
{
    (void)state;
    enum { LIVE = 4 };
    struct queue_ticket lower[] = {
        ticket_of(1, QUEUE_TIME, true),     ticket_of(2, QUEUE_PRACTICE, false),
        ticket_of(3, QUEUE_PRACTICE, true), ticket_of(4, QUEUE_REGRADE, false),
        ticket_of(5, QUEUE_REGRADE, true),
    };
    enum { LOWER = sizeof lower / sizeof lower[0] };
    int64_t served[LOWER] = {0};
    struct queue_ticket live[LIVE];
    queue_init(&queue, 0, true);
    for (int i = 0; i < LIVE; i++) {
        live[i] = ticket_of(10 + i, QUEUE_CHECK, false);
        queue_push(&queue, &live[i], 1);
    }
    for (int i = 0; i < LOWER; i++)
        queue_push(&queue, &lower[i], 1);
    /* One worker; a job takes 200 ms, and each live one comes back at once. */
    for (int64_t now_ms = 1; now_ms < (int64_t)30 * MINUTE; now_ms += 200) {
        struct queue_ticket *next = queue_take(&queue, CPU, true, now_ms);
        assert_non_null(next);
        queue_finish(&queue, next);
        if (next->class == QUEUE_CHECK) {
            next->order = 0;
            queue_push(&queue, next, now_ms);
        } else
            served[next - lower] = now_ms;
    }
    for (int i = 0; i < LOWER; i++) {
        int64_t turn = queue_turns_ms[lower[i].class][lower[i].is_timing];
        assert_true(served[i] >= turn);        /* below live work … */
        assert_true(served[i] <= turn + 1000); /* … but not for ever */
    }
}

/* -- random schedules --------------------------------------------------------------------------
 */

enum { TICKETS = 600, PEOPLE = 14, WORKERS = 5 };

struct world {
    struct queue_ticket tickets[TICKETS];
    struct queue_ticket *running[WORKERS];
    size_t pushed, done, running_count;
    int64_t began_ms[TICKETS], longest_ms;
    unsigned seed;
};

static const char *const worker_classes[WORKERS] = {CPU, CPU, "cpu:x86-64-v3", "gpu:sm_90",
                                                    "gpu:sm_80"};

static unsigned dice(struct world *world, unsigned sides)
{
    return (unsigned)rand_r(&world->seed) % sides;
}

static void push_random(struct world *world, int64_t now_ms)
{
    static const char *const needs[] = {"cpu", "cpu", "cpu", "gpu", "gpu:sm_90"};
    static const bool timings[][2] = {{false, false}, {true, true}, {false, true}, {false, true}};
    struct queue_ticket *ticket = &world->tickets[world->pushed];
    enum queue_class class = dice(world, QUEUE_CLASS_COUNT);
    *ticket = ticket_of(dice(world, PEOPLE), class, timings[class][dice(world, 2)]);
    (void)text_copy(ticket->needs, sizeof ticket->needs, needs[dice(world, 5)]);
    world->began_ms[world->pushed++] = now_ms;
    queue_push(&queue, ticket, now_ms);
}

static size_t runs_of(const struct world *world, int64_t person, int class)
{
    size_t count = 0;
    for (size_t i = 0; i < WORKERS; i++)
        count += world->running[i] != NULL && world->running[i]->person == person &&
                 (class < 0 || (int)world->running[i]->class == class);
    return count;
}

static size_t timings_running(const struct world *world)
{
    size_t count = 0;
    for (size_t i = 0; i < WORKERS; i++)
        count += world->running[i] != NULL && world->running[i]->is_timing;
    return count;
}

/* The rule of one class and kind, as plain as it gets: fewest running, then oldest. */
static struct queue_ticket *expected_of(struct world *world, int class, bool timing,
                                        const char *worker)
{
    struct queue_ticket *best = NULL;
    for (size_t i = 0; i < world->pushed; i++) {
        struct queue_ticket *one = &world->tickets[i];
        if (!one->waiting || (int)one->class != class || one->is_timing != timing ||
            !queue_fits(one->needs, worker))
            continue;
        size_t theirs = runs_of(world, one->person, -1);
        size_t best_theirs = best != NULL ? runs_of(world, best->person, -1) : 0;
        if (best == NULL || theirs < best_theirs ||
            (theirs == best_theirs && one->order < best->order))
            best = one;
    }
    return best;
}

static bool in_expected_order(struct world *world, const struct queue_ticket *taken,
                              const char *worker, int64_t now_ms, int64_t served[][2])
{
    for (int class = 0; class < QUEUE_CLASS_COUNT; class ++)
        for (int timing = 0; timing < 2; timing++) {
            struct queue_ticket *best = expected_of(world, class, timing != 0, worker);
            if (best == NULL || (timing && timings_running(world) > 0))
                continue;
            if (taken == best)
                return true;
            /* Something lower may only come first because its turn is due. */
            int64_t since = served[taken->class][taken->is_timing];
            since = taken->pushed_ms > since ? taken->pushed_ms : since;
            bool due = now_ms - since >= queue_turns_ms[taken->class][taken->is_timing];
            return due && taken == expected_of(world, (int)taken->class, taken->is_timing, worker);
        }
    return taken == NULL;
}

static void random_schedules_follow_the_rules(void **state)
{
    (void)state;
    static struct world world;
    for (unsigned round = 0; round < 20; round++) {
        world = (struct world){.seed = 20261123 + round};
        int64_t served[QUEUE_CLASS_COUNT][2] = {{0}};
        int64_t now_ms = 1;
        queue_init(&queue, 0, false);
        while (world.done < TICKETS) {
            now_ms += dice(&world, 4000);
            if (world.pushed < TICKETS && dice(&world, 3) > 0)
                push_random(&world, now_ms);
            size_t worker = dice(&world, WORKERS);
            struct queue_ticket *held = world.running[worker];
            if (held != NULL) {
                queue_finish(&queue, held);
                world.running[worker] = NULL;
                if (dice(&world, 10) == 0) /* a failed run: again, at its old place */
                    queue_push(&queue, held, now_ms);
                else
                    world.done++;
            }
            struct queue_ticket *next = NULL;
            if (world.running[worker] == NULL) {
                /* What may be given is known before; whether it was due is looked at after. */
                bool any = false;
                for (int i = 0; i < 2 * QUEUE_CLASS_COUNT; i++)
                    any = any || (expected_of(&world, i / 2, i % 2 != 0, worker_classes[worker]) &&
                                  !(i % 2 != 0 && timings_running(&world) > 0));
                bool timed = timings_running(&world) > 0;
                next = queue_take(&queue, worker_classes[worker], true, now_ms);
                assert_int_equal(next != NULL, any); /* work-conserving */
                if (next != NULL) {
                    next->waiting = true; /* as it was, for the rules */
                    assert_true(
                        in_expected_order(&world, next, worker_classes[worker], now_ms, served));
                    next->waiting = false;
                    assert_true(queue_fits(next->needs, worker_classes[worker]));
                    assert_false(next->is_timing && timed);
                    served[next->class][next->is_timing] = now_ms;
                    world.running[worker] = next;
                    int64_t wait = now_ms - world.began_ms[next - world.tickets];
                    world.longest_ms = wait > world.longest_ms ? wait : world.longest_ms;
                }
            }
        }
        assert_int_equal(queue.waiting_count, 0);
        assert_int_equal(queue.running_count, 0);
    }
}

/* Two students send ten times as much as the others: they get no more than their share. */
static void the_greedy_get_no_more_than_their_share(void **state)
{
    (void)state;
    enum { MODEST = 20, EACH = 3, GREEDY = 2, MUCH = 100, SEATS = 4 };
    static struct queue_ticket greedy[GREEDY * MUCH];
    static struct queue_ticket modest[MODEST * EACH];
    struct queue_ticket *running[SEATS] = {NULL};
    size_t greedy_runs = 0;
    size_t left = (size_t)MODEST * EACH;
    size_t waiting = (size_t)MODEST * EACH;
    for (int i = 0; i < GREEDY * MUCH; i++) {
        greedy[i] = ticket_of(i % GREEDY, QUEUE_CHECK, false);
        queue_push(&queue, &greedy[i], 0);
    }
    for (int i = 0; i < MODEST * EACH; i++) {
        modest[i] = ticket_of(100 + i % MODEST, QUEUE_CHECK, false);
        queue_push(&queue, &modest[i], 0);
    }
    for (int step = 0; left > 0; step++) {
        struct queue_ticket **seat = &running[step % SEATS];
        if (*seat != NULL) {
            queue_finish(&queue, *seat);
            left -= (*seat)->person >= 100;
        }
        *seat = queue_take(&queue, CPU, true, step);
        assert_non_null(*seat);
        size_t theirs = queue_running_of(&queue, (*seat)->person);
        bool is_modest = (*seat)->person >= 100;
        greedy_runs += !is_modest;
        waiting -= is_modest;
        if (waiting > 0)
            assert_int_equal(theirs, 1); /* while others wait, nobody has two */
    }
    /* Of the four seats the two never hold more than one each. */
    assert_true(greedy_runs <= MODEST * EACH + SEATS);
}

static int64_t cost_of(size_t count)
{
    enum { MOST = 40000 };
    static struct queue_ticket tickets[MOST];
    queue_init(&queue, 0, false);
    for (size_t i = 0; i < count; i++) {
        tickets[i] = ticket_of((int64_t)(i % (count / 5)), QUEUE_CHECK, false);
        queue_push(&queue, &tickets[i], 0);
    }
    int64_t began_us = clock_us();
    for (size_t i = 0; i < 5000; i++) { /* what is taken comes back at the end */
        struct queue_ticket *one = queue_take(&queue, CPU, true, 0);
        queue_finish(&queue, one);
        one->order = 0;
        queue_push(&queue, one, 0);
    }
    return clock_us() - began_us;
}

/* Forty times as many cost far less than forty times as much. The best of three, for others use the
 * machine too. */
static void ten_thousand_cost_hardly_more_than_a_few(void **state)
{
    (void)state;
    int64_t few = INT64_MAX;
    int64_t many = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        int64_t a = cost_of(1000);
        int64_t b = cost_of(40000);
        few = a < few ? a : few;
        many = b < many ? b : many;
    }
    print_message("take + finish + push: %.2f us of 1,000, %.2f us of 40,000\n", (double)few / 5000,
                  (double)many / 5000);
    assert_true(many < 10 * few);
}

static void remove_it(void *context, struct queue_ticket *ticket)
{
    *(int *)context += 1;
    queue_remove(&queue, ticket);
}

static void a_person_s_waiting_tickets_can_be_walked_and_removed(void **state)
{
    (void)state;
    int seen = 0;
    struct queue_ticket tickets[4];
    for (int i = 0; i < 4; i++) {
        tickets[i] = ticket_of(i < 3 ? 7 : 7 + QUEUE_BUCKETS, QUEUE_CHECK, false);
        queue_push(&queue, &tickets[i], (int64_t)10 * i);
    }
    assert_int_equal(queue_oldest_ms(&queue, 100), 100);
    assert_ptr_equal(queue_take(&queue, CPU, true, 0), &tickets[0]);
    queue_each_waiting(&queue, 7, remove_it, &seen);
    assert_int_equal(seen, 2);
    assert_int_equal(queue.waiting_count, 1);
    assert_int_equal(queue_running_of(&queue, 7), 1);
    assert_int_equal(queue_oldest_ms(&queue, 100), 70);
}

static void a_worker_with_a_gpu_has_two_classes(void **state)
{
    static const char both[] = "cpu:x86-64-v4 gpu:sm_90-1g.10gb";
    (void)state;
    assert_true(queue_fits("cpu", both));
    assert_true(queue_fits("cpu:x86-64-v4", both));
    assert_true(queue_fits("gpu", both));
    assert_true(queue_fits("gpu:sm_90-1g.10gb", both));
    assert_false(queue_fits("gpu:sm_90", both)); /* a slice is no whole device */
    assert_false(queue_fits("gp", both));
    assert_false(queue_fits("gpu", "cpu:x86-64-v4"));
    assert_false(queue_fits("x86-64-v4", both));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, empty)
    const struct CMUnitTest tests[] = {
        TEST(a_worker_with_a_gpu_has_two_classes),
        TEST(oldest_first_for_equal_people),
        TEST(fewest_running_goes_before_oldest),
        TEST(classes_go_one_after_the_other),
        TEST(one_timing_at_a_time),
        TEST(on_a_small_machine_a_timing_runs_alone),
        TEST(a_worker_that_doubts_takes_checks_and_leaves_timings),
        TEST(a_worker_that_doubts_keeps_no_timing_waiting),
        TEST(a_timing_that_wants_to_be_alone_is_not_kept_waiting_by_lower_classes),
        TEST(a_failed_run_keeps_its_place),
        TEST(a_removed_ticket_is_never_given_out),
        TEST(a_worker_gets_only_what_it_can_do),
        TEST(a_regrade_has_a_slot_of_its_own),
        TEST(nobody_starves_behind_endless_checking),
        TEST(random_schedules_follow_the_rules),
        TEST(the_greedy_get_no_more_than_their_share),
        TEST(ten_thousand_cost_hardly_more_than_a_few),
        TEST(a_person_s_waiting_tickets_can_be_walked_and_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
