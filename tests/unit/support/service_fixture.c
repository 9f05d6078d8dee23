#include "tests/unit/support/service_fixture.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "tests/unit/support/check.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEADLINE_MS 60000

static void must(struct err err)
{
    if (err_is(err))
        fail_msg("%s", err.text);
}

void service_make(struct service_fixture *service, const char *program)
{
    const char *build = getenv("BUILD");
    char path[192];
    int64_t assignment_id = 0;
    int64_t offering_id = 0;
    memset(service, 0, sizeof *service);
    (void)snprintf(path, sizeof path, "%s/%s", build != NULL ? build : "build", program);
    if (realpath(path, service->program) == NULL)
        fail_msg("no program '%s'", path);

    store_fixture_make(&service->store);
    (void)snprintf(service->marks, sizeof service->marks, "%s/marks", service->store.folder);
    assert_int_equal(mkdir(service->marks, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/go", service->marks);
    assert_int_equal(mkfifo(path, 0600), 0);
    service->go_fd = open(path, O_RDWR | O_CLOEXEC); /* both ends: nobody waits to open it */
    assert_true(service->go_fd >= 0);

    must(spec_load_all(&service->grader.specs, &service->grader.specs_count, "assignments"));
    const struct spec *spec = grader_spec(&service->grader, "attention");
    assert_non_null(spec);
    must(store_assignment_put(&service->store.db, spec, NULL, 1, &assignment_id));
    service->store.offering.attempts_max = 0;
    must(store_offering_put(&service->store.db, &service->store.offering, assignment_id,
                            &offering_id));
    assert_non_null(realpath(".", service->grader.home));
    service->settings = (struct submissions_settings){.rate_count = 100000,
                                                      .rate_window_s = 60,
                                                      .practice_rate_count = 100000,
                                                      .queue_max = 2000,
                                                      .workers = 1,
                                                      .worker_program = service->program,
                                                      .worker_backend = "rlimits",
                                                      .worker_cache = service->marks,
                                                      .worker_calibration = "",
                                                      .worker_timing_lock = "",
                                                      .worker_overlay = "",
                                                      .worker_gpu = "none",
                                                      .worker_silence_ms = 20000,
                                                      .worker_lease_ms = 60000};
}

static void on_beat(uv_timer_t *timer)
{
    (void)timer;
}

void service_start(struct service_fixture *service)
{
    struct db writing;
    struct grader *grader = &service->grader;
    assert_int_equal(uv_loop_init(&service->loop), 0);
    grader->loop = &service->loop;
    must(db_open(&writing, service->store.path, false));
    must(db_open(&grader->reader, service->store.path, true));
    must(writer_start(&grader->writer, &service->loop, &writing, WRITER_BATCH));
    must(held_start(&grader->held, &service->loop, grader->writer));
    must(submissions_start(&grader->submissions, grader, &service->settings));
    (void)uv_timer_init(&service->loop, &service->beat);
    (void)uv_timer_start(&service->beat, on_beat, 50, 50);
    service->running = true;
}

static void on_writer_closed(void *context)
{
    struct service_fixture *service = context;
    service->closed = true;
}

static void on_submissions_closed(void *context)
{
    struct service_fixture *service = context;
    held_stop(service->grader.held);
    writer_stop(service->grader.writer, on_writer_closed, service);
}

static bool is_closed(const void *context)
{
    return ((const struct service_fixture *)context)->closed;
}

void service_stop(struct service_fixture *service, bool now)
{
    if (!service->running)
        return;
    service->closed = false;
    submissions_stop(service->grader.submissions, now, on_submissions_closed, service);
    service_wait(service, is_closed, service);
    submissions_free(service->grader.submissions);
    service->grader.submissions = NULL;
    service->grader.writer = NULL;
    held_free(service->grader.held);
    service->grader.held = NULL;
    uv_close((uv_handle_t *)&service->beat, NULL);
    (void)uv_run(&service->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&service->loop), 0); /* no handle is left behind */
    db_close(&service->grader.reader);
    service->running = false;
}

void service_remove(struct service_fixture *service)
{
    service_stop(service, true);
    (void)close(service->go_fd);
    free(service->grader.specs);
    store_fixture_remove(&service->store);
}

static void note_stage(struct client *client, const struct report *report)
{
    struct buf text;
    buf_init(&text, sizeof client->text);
    client->calls++;
    if (client->stages_count > 0 && stage_is_final(client_stage(client)))
        client->calls_after_final++;
    if (client->stages_count < SERVICE_STAGES_MAX &&
        (client->stages_count == 0 || client_stage(client) != report->stage))
        client->stages[client->stages_count++] = report->stage;
    const struct report_view view = {.language = LANGUAGE_EN};
    report_text_next(&client->cursor, &text, report, &view);
    size_t used = strlen(client->text);
    (void)text_copy(client->text + used, sizeof client->text - used, text.at);
    buf_release(&text);
}

static void on_changed(struct watch *watch, const struct report *report)
{
    struct client *client = list_of((char *)watch, struct client, watch);
    note_stage(client, report);
    if (client->each != NULL)
        client->each(client, report);
}

static void on_accepted(void *context, const struct accepted *accepted)
{
    struct client *client = context;
    struct service_fixture *service = client->service;
    client->answers++;
    client->accepted = *accepted;
    if (accepted->refusal.http_code != 0)
        return;
    struct db other;
    struct submission_row row;
    must(db_open(&other, service->store.path, true));
    must(store_submission_get(&other, accepted->id, &row, &client->committed));
    db_close(&other);

    /* As grader/api_follow.c does it: watch first, then read. */
    struct report *report = NULL;
    bool found = false;
    client->watching = submissions_watch(service->grader.submissions, accepted->id, &client->watch);
    must(submissions_report(service->grader.submissions, accepted->id, &report, NULL, &found));
    assert_true(found);
    note_stage(client, report);
    submissions_report_free(report);
}

void client_send(struct client *client, struct service_fixture *service, const char *source)
{
    struct submission_wish wish = {.who = service->store.who,
                                   .source = source,
                                   .source_size = strlen(source),
                                   .received_at = clock_utc_us()};
    (void)text_copy(wish.assignment, sizeof wish.assignment, "attention");
    memset(client, 0, sizeof *client);
    client->service = service;
    client->watch.changed = on_changed;
    list_init(&client->watch.link);
    client->cursor.live = true;
    submissions_accept(service->grader.submissions, &wish, on_accepted, client);
}

bool client_is_answered(const void *client)
{
    return ((const struct client *)client)->answers > 0;
}

bool client_is_final(const void *context)
{
    const struct client *client = context;
    return client->stages_count > 0 && stage_is_final(client_stage(client));
}

enum stage client_stage(const struct client *client)
{
    return client->stages_count > 0 ? client->stages[client->stages_count - 1] : STAGE_RECEIVED;
}

void service_wait(struct service_fixture *service, bool (*holds)(const void *context),
                  const void *context)
{
    int64_t until = clock_ms() + DEADLINE_MS;
    while (!holds(context)) {
        (void)uv_run(&service->loop, UV_RUN_ONCE);
        if (clock_ms() > until)
            fail_msg("waited %d ms for nothing", DEADLINE_MS);
    }
}

void service_run_ms(struct service_fixture *service, int64_t ms)
{
    int64_t until = clock_ms() + ms;
    while (clock_ms() < until)
        (void)uv_run(&service->loop, UV_RUN_ONCE);
}

int64_t service_number(struct service_fixture *service, const char *sql)
{
    return store_fixture_number(&service->store.db, sql);
}

struct statement {
    struct write write;
    const char *sql;
    struct err err;
    bool done;
};

static struct err statement_run(struct write *write, struct db *db)
{
    return db_exec(db, ((struct statement *)write)->sql);
}

static void statement_done(struct write *write, struct err err)
{
    struct statement *statement = (struct statement *)write;
    statement->err = err;
    statement->done = true;
}

static bool is_done(const void *statement)
{
    return ((const struct statement *)statement)->done;
}

struct err service_sql(struct service_fixture *service, const char *sql)
{
    struct statement statement = {.write = {.run = statement_run, .done = statement_done},
                                  .sql = sql};
    writer_push(service->grader.writer, &statement.write);
    service_wait(service, is_done, &statement);
    return statement.err;
}

int service_runs(const struct service_fixture *service)
{
    char path[160];
    int lines = 0;
    auto_buf struct buf text = buf_of(65536);
    (void)snprintf(path, sizeof path, "%s/runs", service->marks);
    if (err_is(fdio_read_file(path, &text)))
        return 0;
    for (size_t i = 0; i < text.size; i++)
        lines += text.at[i] == '\n';
    return lines;
}

void service_go(const struct service_fixture *service)
{
    assert_int_equal(write(service->go_fd, "g", 1), 1);
}
