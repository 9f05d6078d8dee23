/* Group commit: each write alone in its savepoint, told after COMMIT, on the loop thread; a full
 * disk. */
#include "grader/writer.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/store_fixture.h"

#include <stdlib.h>
#include <string.h>

struct probe {
    struct write write;
    const char *sql;
    struct err outcome;
    int told;
    bool on_loop_thread;
    uv_thread_t loop_thread;
};

struct bench {
    struct store_fixture fixture;
    struct db reader;
    uv_loop_t loop;
    struct writer *writer;
};

static struct err probe_run(struct write *write, struct db *db)
{
    const struct probe *probe = (const struct probe *)write;
    return db_exec(db, probe->sql);
}

static void probe_done(struct write *write, struct err err)
{
    struct probe *probe = (struct probe *)write;
    uv_thread_t here = uv_thread_self();
    probe->outcome = err;
    probe->told++;
    probe->on_loop_thread = uv_thread_equal(&here, &probe->loop_thread) != 0;
}

static void on_closed(void *context)
{
    *(bool *)context = true;
}

static int make(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    store_fixture_make(&bench->fixture);
    assert_int_equal(uv_loop_init(&bench->loop), 0);
    struct db writing;
    assert_false(err_is(db_open(&writing, bench->fixture.path, false)));
    assert_false(err_is(db_open(&bench->reader, bench->fixture.path, true)));
    assert_false(err_is(writer_start(&bench->writer, &bench->loop, &writing, WRITER_BATCH)));
    *state = bench;
    return 0;
}

static int end(void **state)
{
    struct bench *bench = *state;
    bool closed = false;
    writer_stop(bench->writer, on_closed, &closed);
    (void)uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_true(closed);
    assert_int_equal(uv_loop_close(&bench->loop), 0);
    db_close(&bench->reader);
    store_fixture_remove(&bench->fixture);
    free(bench);
    return 0;
}

static void push(struct bench *bench, struct probe *probe, const char *sql)
{
    *probe = (struct probe){.write = {.run = probe_run, .done = probe_done}, .sql = sql};
    probe->loop_thread = uv_thread_self();
    writer_push(bench->writer, &probe->write);
}

static void wait_for(struct bench *bench, const struct probe *probe)
{
    while (probe->told == 0)
        (void)uv_run(&bench->loop, UV_RUN_ONCE);
}

static void a_write_is_told_once_after_it_can_be_read(void **state)
{
    struct bench *bench = *state;
    struct probe probe;
    push(bench, &probe, "INSERT INTO audit VALUES (NULL, 'a', 'b', 'c', 'd', 1)");
    assert_int_equal(probe.told, 0); /* never from inside the push */
    wait_for(bench, &probe);
    assert_false(err_is(probe.outcome));
    assert_true(probe.on_loop_thread);
    assert_int_equal(probe.told, 1);
    assert_int_equal(store_fixture_number(&bench->reader, "SELECT count(*) FROM audit"), 1);
}

static void a_failing_write_fails_alone(void **state)
{
    struct bench *bench = *state;
    struct probe probes[3];
    push(bench, &probes[0], "INSERT INTO audit VALUES (NULL, 'first', 'b', 'c', 'd', 1)");
    push(bench, &probes[1],
         "INSERT INTO audit VALUES (NULL, 'half', 'b', 'c', 'd', 1);"
         "INSERT INTO no_such_table VALUES (1)");
    push(bench, &probes[2], "INSERT INTO audit VALUES (NULL, 'last', 'b', 'c', 'd', 1)");
    for (int i = 0; i < 3; i++)
        wait_for(bench, &probes[i]);
    assert_false(err_is(probes[0].outcome));
    assert_true(err_is(probes[1].outcome));
    assert_false(err_is(probes[2].outcome));
    assert_int_equal(store_fixture_number(&bench->reader, "SELECT count(*) FROM audit"), 2);
    assert_int_equal(
        store_fixture_number(&bench->reader, "SELECT count(*) FROM audit WHERE actor = 'half'"), 0);
}

/* SQLite's page limit answers SQLITE_FULL exactly as a full disk does. */
static void a_full_disk_loses_nothing_and_recovers(void **state)
{
    struct bench *bench = *state;
    struct probe limit;
    struct probe big;
    struct probe room;
    struct probe again;
    push(bench, &limit, "PRAGMA max_page_count = 1");
    wait_for(bench, &limit);
    push(bench, &big, "INSERT INTO audit VALUES (NULL, 'x', 'y', hex(randomblob(200000)), 'z', 1)");
    wait_for(bench, &big);
    assert_int_equal(big.outcome.code, ERR_BUSY);
    assert_int_equal(store_fixture_number(&bench->reader, "SELECT count(*) FROM audit"), 0);
    push(bench, &room, "PRAGMA max_page_count = 1000000");
    wait_for(bench, &room);
    push(bench, &again,
         "INSERT INTO audit VALUES (NULL, 'x', 'y', hex(randomblob(200000)), 'z', 1)");
    wait_for(bench, &again);
    assert_false(err_is(again.outcome));
    assert_int_equal(store_fixture_number(&bench->reader, "SELECT count(*) FROM audit"), 1);
}

static void many_writes_share_few_commits(void **state)
{
    struct bench *bench = *state;
    enum { MANY = 500 };
    static struct probe probes[MANY];
    for (int i = 0; i < MANY; i++)
        push(bench, &probes[i], "INSERT INTO audit VALUES (NULL, 'a', 'b', 'c', 'd', 1)");
    for (int i = 0; i < MANY; i++)
        wait_for(bench, &probes[i]);
    assert_int_equal(store_fixture_number(&bench->reader, "SELECT count(*) FROM audit"), MANY);
    struct writer_stats stats = writer_stats(bench->writer);
    assert_true(stats.commits < MANY / 2);
    assert_int_equal(stats.writes, MANY);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, end)
    const struct CMUnitTest tests[] = {
        TEST(a_write_is_told_once_after_it_can_be_read),
        TEST(a_failing_write_fails_alone),
        TEST(a_full_disk_loses_nothing_and_recovers),
        TEST(many_writes_share_few_commits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
