/* Order, fairness and conservation of the queue: plain cases, then ten thousand random steps. */
#include "grader/queue.h"
#include "tests/unit/support/check.h"

#include <stdlib.h>

static struct queue_ticket ticket_of(int64_t person, enum queue_class class, bool is_timing)
{
    struct queue_ticket ticket = {.person = person, .class = class, .is_timing = is_timing};
    return ticket;
}

static void oldest_first_for_equal_people(void **state)
{
    (void)state;
    struct queue queue;
    struct queue_ticket a = ticket_of(1, QUEUE_CHECK, false);
    struct queue_ticket b = ticket_of(2, QUEUE_CHECK, false);
    queue_init(&queue, false);
    queue_push(&queue, &a);
    queue_push(&queue, &b);
    queue_number(&queue);
    assert_int_equal(a.position, 1);
    assert_int_equal(b.position, 2);
    assert_ptr_equal(queue_take(&queue), &a);
    queue_number(&queue);
    assert_int_equal(a.position, 0);
    assert_int_equal(b.position, 1);
    assert_ptr_equal(queue_take(&queue), &b);
    assert_null(queue_take(&queue));
}

static void fewest_running_goes_before_oldest(void **state)
{
    (void)state;
    struct queue queue;
    struct queue_ticket greedy[3];
    struct queue_ticket late = ticket_of(2, QUEUE_CHECK, false);
    queue_init(&queue, false);
    for (int i = 0; i < 3; i++) {
        greedy[i] = ticket_of(1, QUEUE_CHECK, false);
        queue_push(&queue, &greedy[i]);
    }
    queue_push(&queue, &late);
    assert_ptr_equal(queue_take(&queue), &greedy[0]);
    queue_number(&queue);
    assert_int_equal(late.position, 1);
    assert_int_equal(greedy[1].position, 2);
    assert_int_equal(greedy[2].position, 3);
    assert_ptr_equal(queue_take(&queue), &late);
    assert_ptr_equal(queue_take(&queue), &greedy[1]);
}

static void checking_goes_before_timing_before_practice(void **state)
{
    (void)state;
    struct queue queue;
    struct queue_ticket practice = ticket_of(1, QUEUE_PRACTICE, false);
    struct queue_ticket timing = ticket_of(2, QUEUE_TIME, true);
    struct queue_ticket check = ticket_of(3, QUEUE_CHECK, false);
    queue_init(&queue, false);
    queue_push(&queue, &practice);
    queue_push(&queue, &timing);
    queue_push(&queue, &check);
    assert_ptr_equal(queue_take(&queue), &check);
    assert_ptr_equal(queue_take(&queue), &timing);
    assert_ptr_equal(queue_take(&queue), &practice);
}

static void classes_are_numbered_one_after_the_other(void **state)
{
    (void)state;
    struct queue queue;
    struct queue_ticket practice = ticket_of(1, QUEUE_PRACTICE, false);
    struct queue_ticket timing = ticket_of(2, QUEUE_TIME, true);
    struct queue_ticket check = ticket_of(3, QUEUE_CHECK, false);
    queue_init(&queue, false);
    queue_push(&queue, &practice);
    queue_push(&queue, &timing);
    queue_push(&queue, &check);
    queue_number(&queue);
    assert_int_equal(check.position, 1);
    assert_int_equal(timing.position, 2);
    assert_int_equal(practice.position, 3);
}

static void one_timing_at_a_time(void **state)
{
    (void)state;
    struct queue queue;
    struct queue_ticket first = ticket_of(1, QUEUE_TIME, true);
    struct queue_ticket second = ticket_of(2, QUEUE_TIME, true);
    struct queue_ticket check = ticket_of(3, QUEUE_CHECK, false);
    queue_init(&queue, false);
    queue_push(&queue, &first);
    queue_push(&queue, &second);
    assert_ptr_equal(queue_take(&queue), &first);
    assert_null(queue_take(&queue));
    queue_push(&queue, &check);
    assert_ptr_equal(queue_take(&queue), &check);
    queue_finish(&queue, &first);
    assert_ptr_equal(queue_take(&queue), &second);
}

static void on_a_small_machine_a_timing_runs_alone(void **state)
{
    (void)state;
    struct queue queue;
    struct queue_ticket timing = ticket_of(1, QUEUE_TIME, true);
    struct queue_ticket check = ticket_of(2, QUEUE_CHECK, false);
    struct queue_ticket later = ticket_of(3, QUEUE_CHECK, false);
    queue_init(&queue, true);
    queue_push(&queue, &check);
    queue_push(&queue, &timing);
    assert_ptr_equal(queue_take(&queue), &check);
    assert_null(queue_take(&queue)); /* not beside a check */
    queue_finish(&queue, &check);
    assert_ptr_equal(queue_take(&queue), &timing);
    queue_push(&queue, &later);
    assert_null(queue_take(&queue)); /* no check beside it */
    queue_finish(&queue, &timing);
    assert_ptr_equal(queue_take(&queue), &later);
}

static void a_failed_run_keeps_its_place(void **state)
{
    (void)state;
    struct queue queue;
    struct queue_ticket a = ticket_of(1, QUEUE_CHECK, false);
    struct queue_ticket b = ticket_of(2, QUEUE_CHECK, false);
    queue_init(&queue, false);
    queue_push(&queue, &a);
    queue_push(&queue, &b);
    assert_ptr_equal(queue_take(&queue), &a);
    queue_finish(&queue, &a);
    queue_push(&queue, &a);
    queue_number(&queue);
    assert_int_equal(a.position, 1);
    assert_ptr_equal(queue_take(&queue), &a);
}

static void a_removed_ticket_is_never_given_out(void **state)
{
    (void)state;
    struct queue queue;
    struct queue_ticket a = ticket_of(1, QUEUE_CHECK, false);
    queue_init(&queue, false);
    queue_push(&queue, &a);
    queue_remove(&queue, &a);
    queue_remove(&queue, &a); /* twice is fine */
    assert_int_equal(queue.waiting_count, 0);
    assert_null(queue_take(&queue));
}

/* Work-conserving, nobody over their share, everybody served in the end. */
static void random_life_keeps_every_promise(void **state)
{
    (void)state;
    enum { TICKETS = 300, PEOPLE = 12, WORKERS = 5 };
    static struct queue_ticket tickets[TICKETS];
    struct queue_ticket *running[WORKERS];
    size_t running_count = 0;
    size_t served = 0;
    size_t pushed = 0;
    unsigned seed = 20261123;
    struct queue queue;
    queue_init(&queue, false);

    while (served < TICKETS) {
        if (pushed < TICKETS && rand_r(&seed) % 2 == 0) {
            tickets[pushed] = ticket_of(rand_r(&seed) % PEOPLE, QUEUE_CHECK, false);
            queue_push(&queue, &tickets[pushed++]);
        }
        if (running_count == WORKERS || (running_count > 0 && rand_r(&seed) % 3 == 0)) {
            size_t which = (size_t)rand_r(&seed) % running_count;
            queue_finish(&queue, running[which]);
            running[which] = running[--running_count];
            served++;
        }
        while (running_count < WORKERS) {
            size_t waiting = queue.waiting_count;
            struct queue_ticket *next = queue_take(&queue);
            if (next == NULL) {
                assert_int_equal(waiting, 0); /* work-conserving */
                break;
            }
            size_t theirs = queue_running_of(&queue, next->person);
            for (size_t i = 0; i < QUEUE_CLASS_COUNT; i++) {
                list_each (link, &queue.waiting[i]) {
                    const struct queue_ticket *other = list_of(link, struct queue_ticket, link);
                    assert_true(queue_running_of(&queue, other->person) + 1 >= theirs);
                }
            }
            running[running_count++] = next;
        }
    }
    assert_int_equal(queue.waiting_count, 0);
    assert_int_equal(queue.running_count, running_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(oldest_first_for_equal_people),
        cmocka_unit_test(fewest_running_goes_before_oldest),
        cmocka_unit_test(checking_goes_before_timing_before_practice),
        cmocka_unit_test(classes_are_numbered_one_after_the_other),
        cmocka_unit_test(one_timing_at_a_time),
        cmocka_unit_test(on_a_small_machine_a_timing_runs_alone),
        cmocka_unit_test(a_failed_run_keeps_its_place),
        cmocka_unit_test(a_removed_ticket_is_never_given_out),
        cmocka_unit_test(random_life_keeps_every_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
