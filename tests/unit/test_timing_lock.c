/* Waiting for the host's timing lock: alive, and not for ever. */
#include "sandbox/base/clock.h"
#include "sandbox/base/text.h"
#include "tests/unit/support/check.h"
#include "worker/job.h"
#include "worker/timing_lock.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MS_NS INT64_C(1000000)

static char path[] = "/tmp/test-timing-lock-XXXXXX";

static int path_make(void **state)
{
    (void)state;
    const int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd); /* only its name is wanted */
}

static int path_remove(void **state)
{
    (void)state;
    return unlink(path);
}

static struct err count_hello(void *context, const struct event *event)
{
    assert_int_equal(event->kind, EVENT_HELLO);
    ++*(int *)context;
    return err_none();
}

static struct worker worker_of(int *hellos)
{
    struct worker worker = {.alive_ns = 20 * MS_NS,
                            .lock_ns = 300 * MS_NS,
                            .emit = count_hello,
                            .emit_context = hellos};
    (void)text_copy(worker.timing_lock, sizeof worker.timing_lock, path); /* fits */
    return worker;
}

/* A service would take a silent worker for dead; and whoever may open the file may hold it. */
static void a_lock_that_is_held_for_good_is_given_up_alive(void **state)
{
    int hellos = 0, holder = -1, fd = -1;
    const struct worker worker = worker_of(&hellos);
    (void)state;

    assert_false(err_is(timing_lock_take(path, TIMING_LOCK_TRY, &holder)));
    const int64_t began_ns = clock_ns();
    const struct err err = worker_timing_lock(&worker, &fd);
    assert_true(clock_ns() - began_ns >= worker.lock_ns);
    assert_int_equal(err.code, ERR_BUSY);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(fd, -1);
    assert_true(hellos >= 2);
    (void)close(holder);
}

static void a_free_lock_is_taken_without_a_word(void **state)
{
    int hellos = 0, fd = -1, second = -1;
    const struct worker worker = worker_of(&hellos);
    (void)state;

    assert_false(err_is(worker_timing_lock(&worker, &fd)));
    assert_true(fd >= 0);
    assert_int_equal(hellos, 0);
    assert_int_equal(timing_lock_take(path, TIMING_LOCK_TRY, &second).code, ERR_BUSY);
    (void)close(fd);
    assert_false(err_is(timing_lock_take(path, TIMING_LOCK_TRY, &second)));
    (void)close(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_that_is_held_for_good_is_given_up_alive),
        cmocka_unit_test(a_free_lock_is_taken_without_a_word),
    };
    return cmocka_run_group_tests(tests, path_make, path_remove);
}
