/* `grader serve`: puts the parts together, runs the loop, and takes them apart again on SIGTERM.
 *
 * Order of the end: stop accepting; running jobs finish up to a deadline; then workers, last words,
 * writes, HTTP: whatever a request can reach is there as long as requests come. What did not finish
 * is in the database and runs again at the next start; whoever waits for it is told. */
#include "grader/commands.h"
#include "grader/demo.h"
#include "grader/git_settle.h"
#include "grader/grader.h"
#include "grader/home.h"
#include "grader/notify.h"
#include "grader/routes.h"
#include "grader/serve_settings.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct service;
static struct err service_prepare(struct service *service);
static struct err refuse_plain(const struct serve_settings *settings);
static struct err specs_load(struct service *service);
static struct err database_prepare(struct service *service);
static struct err record_versions(struct service *service);
static struct err service_start(struct service *service);
static struct err open_port(struct service *service);
static struct err open_door(struct service *service);
static struct err start_writing(struct service *service);
static struct err start_grading(struct service *service);
static int64_t workers_of(const struct serve_settings *settings);
static void on_request_over(void *context, const struct http_request *request, int code,
                            int64_t took_us);
static void on_signal(uv_signal_t *signal, int number);
static void on_drained(uv_timer_t *timer);
static void on_submissions_closed(void *context);
static void on_goodbye_over(uv_timer_t *timer);
static void on_writer_closed(void *context);
static void on_http_closed(void *context);
static void close_rest(uv_handle_t *handle, void *context);
static void service_release(struct service *service);

struct service {
    struct grader grader;
    struct serve_settings settings;
    struct settings origins;
    struct db writer_db;
    uv_loop_t loop;
    uv_signal_t terminate, interrupt;
    uv_timer_t drain;
    struct notify notify;
    char worker[4096];
};

#define GOODBYE_MS 200 /* for last words on their way; nobody waits longer for a deaf client */

static const char help[] =
    "usage: grader serve [--NAME=VALUE ...]\n"
    "Runs the service until SIGTERM. `grader settings` lists every NAME with unit and bounds.\n"
    "Settings come from grader.conf (or $GRADER_SETTINGS), GRADER_* in the environment, and "
    "flags.\n";

int command_serve(int argc, char **argv)
{
    struct service *service = calloc(1, sizeof *service);
    if (service == NULL || sodium_init() < 0)
        abort();
    service->notify.fd = -1;
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        free(service);
        return 0;
    }
    struct err err = serve_settings_load(&service->origins, &service->settings, &argc, argv);
    if (!err_is(err) && argc > 1)
        err = err_make(ERR_INPUT, "unknown word '%.80s'; see grader serve --help", argv[1]);
    if (err_is(err)) {
        fprintf(stderr, "grader serve: %s\n", err.text);
        free(service);
        return 64;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* cannot fail: a broken socket is told by write() */
    err = service_prepare(service);
    if (!err_is(err))
        err = service_start(service);
    if (err_is(err)) {
        fprintf(stderr, "grader serve: %s\n", err.text);
        if (service->grader.writer == NULL)
            service_release(service); /* else a thread has it: the system takes it back */
        return 1;
    }
    (void)uv_run(&service->loop, UV_RUN_DEFAULT); /* returns when every handle is closed */
    service_release(service);
    log_line(LOG_INFO, "service.stopped", "%s", "");
    return 0;
}

static struct err service_prepare(struct service *service)
{
    struct grader *grader = &service->grader;
    struct err err = refuse_plain(&service->settings);
    if (!err_is(err))
        err = home_find(grader->home, sizeof grader->home);
    if (!err_is(err))
        err = home_program("worker", service->worker, sizeof service->worker);
    if (!err_is(err))
        err = specs_load(service);
    if (!err_is(err))
        err = database_prepare(service);
    return err;
}

static struct err refuse_plain(const struct serve_settings *settings)
{
    const char *host = settings->http.host;
    bool loopback =
        strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 || strcmp(host, "localhost") == 0;
    if (loopback || settings->allow_plain)
        return err_none();
    return err_make(ERR_INPUT,
                    "http.host=%s would send tokens in the clear: put TLS in front and listen on "
                    "127.0.0.1, or set http.allow_plain=1",
                    host);
}

static struct err specs_load(struct service *service)
{
    struct grader *grader = &service->grader;
    char folder[4200];
    (void)snprintf(folder, sizeof folder, "%s/assignments", grader->home); /* fits */
    struct err err = spec_load_all(&grader->specs, &grader->specs_count, folder);
    if (!err_is(err) && grader->specs_count == 0)
        err = err_make(ERR_INPUT, "no assignment in '%.100s'", folder);
    if (!err_is(err) && service->settings.assignments_path[0] != 0)
        err = spec_overlay(grader->specs, grader->specs_count, service->settings.assignments_path);
    return err;
}

static struct err database_prepare(struct service *service)
{
    const char *path = service->settings.database_path;
    const char *slash = strrchr(path, '/');
    if (slash != NULL && slash != path) {
        char folder[1024];
        (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path); /* fits */
        if (mkdir(folder, 0700) < 0 && errno != EEXIST)
            return err_make(ERR_SYSTEM, "make the database's folder '%.100s'", folder);
    }
    struct err err = store_open(&service->writer_db, path);
    if (!err_is(err))
        err = record_versions(service);
    if (!err_is(err) && service->settings.demo_path[0] != 0)
        err = demo_make(&service->writer_db, service->grader.specs, service->grader.specs_count,
                        service->settings.demo_path, service->settings.http.host);
    if (!err_is(err))
        err = db_open(&service->grader.reader, path, true);
    return err;
}

static struct err record_versions(struct service *service)
{
    struct db *db = &service->writer_db;
    const struct grader *grader = &service->grader;
    struct err err = db_exec(db, "BEGIN IMMEDIATE");
    if (!err_is(err))
        err = versions_record(db, grader->specs, grader->specs_count, grader->home,
                              service->settings.assignments_path, clock_utc_us());
    if (!err_is(err))
        return db_exec(db, "COMMIT");
    (void)db_exec(db, "ROLLBACK"); /* the first failure is the one to tell */
    return err;
}

static struct err service_start(struct service *service)
{
    struct grader *grader = &service->grader;
    const struct serve_settings *settings = &service->settings;
    grader->started_at = clock_utc_us();
    if (uv_loop_init(&service->loop) != 0)
        return err_make(ERR_SYSTEM, "start the event loop");
    grader->loop = &service->loop;
    notify_start(&service->notify, &service->loop); /* before a worker could inherit its socket */

    /* The port first: when it is taken, no worker has been started. */
    struct err err = open_port(service);
    if (!err_is(err))
        err = open_door(service);
    if (!err_is(err))
        err = start_writing(service);
    if (!err_is(err))
        err = boards_start(&grader->boards, &service->loop, &grader->reader);
    if (!err_is(err))
        err = start_grading(service);
    if (err_is(err))
        return err;

    (void)uv_signal_init(&service->loop, &service->terminate); /* none of these can fail */
    (void)uv_signal_init(&service->loop, &service->interrupt);
    (void)uv_timer_init(&service->loop, &service->drain);
    service->terminate.data = service->interrupt.data = service->drain.data = service;
    (void)uv_signal_start(&service->terminate, on_signal, SIGTERM);
    (void)uv_signal_start(&service->interrupt, on_signal, SIGINT);
    notify_ready(&service->notify, grader->base_url);
    log_line(LOG_INFO, "service.listening", "url=%s database=%s workers=%lld", grader->base_url,
             settings->database_path, (long long)workers_of(settings));
    if (settings->demo_path[0] != 0)
        demo_print(settings->demo_path, grader->base_url, grader->specs, grader->specs_count,
                   grader->home);
    return err_none();
}

static struct err open_port(struct service *service)
{
    struct grader *grader = &service->grader;
    const struct serve_settings *settings = &service->settings;
    routes_all(grader->routes);
    (void)text_copy(grader->overlay, sizeof grader->overlay,
                    settings->assignments_path); /* as wide */
    struct err err =
        http_start(&grader->http, &service->loop, &settings->http, grader->routes, grader);
    if (err_is(err))
        return err;
    http_observe(grader->http, on_request_over);
    if (settings->base_url[0] != 0)
        (void)text_copy(grader->base_url, sizeof grader->base_url, settings->base_url);
    else
        (void)snprintf(grader->base_url, sizeof grader->base_url, "http://%s:%d",
                       settings->http.host, http_port(grader->http)); /* fits */
    return err_none();
}

static struct err open_door(struct service *service)
{
    struct grader *grader = &service->grader;
    const struct serve_settings *settings = &service->settings;
    struct git_place place;
    struct err err = git_place_init(&place, &settings->git, settings->database_path, grader->home);
    if (err_is(err))
        return err;
    size_t settled = 0;
    struct err left = git_settle(&service->writer_db, place.settings.path, &settled);
    if (err_is(left))
        log_err("git.settle", left);
    if (settled > 0)
        log_line(LOG_WARN, "git.settled", "erasures that were cut off: repositories=%zu", settled);
    git_place_urls(&place, settings->http.host, http_port(grader->http), grader->base_url);
    return git_start(&grader->git, &service->loop, &place);
}

/* The outage that ends here is read before anything of today is written. */
static struct err start_writing(struct service *service)
{
    struct grader *grader = &service->grader;
    struct err err = held_outage(&service->writer_db, grader->started_at);
    if (!err_is(err))
        err = writer_start(&grader->writer, &service->loop, &service->writer_db,
                           (size_t)service->settings.batch_max);
    if (!err_is(err))
        err = held_start(&grader->held, &service->loop, grader->writer);
    if (!err_is(err))
        err = uses_start(&grader->uses, &service->loop, grader->writer);
    return err;
}

static struct err start_grading(struct service *service)
{
    const struct serve_settings *settings = &service->settings;
    const struct submissions_settings submissions = {
        .rate_count = settings->rate_count,
        .rate_window_s = settings->rate_window_s,
        .practice_rate_count = settings->practice_rate_count,
        .queue_max = settings->queue_max,
        .workers = workers_of(settings),
        .worker_program = service->worker,
        .worker_backend = settings->backend,
        .worker_cache = settings->cache_path,
        .worker_calibration = settings->calibration_path,
        .worker_timing_lock = settings->timing_lock,
        .worker_gpu = settings->worker_gpu,
        .worker_overlay = settings->assignments_path,
        .worker_silence_ms = settings->silence_ms,
        .worker_lease_ms = settings->lease_ms,
        .regrade_slots = settings->regrade_slots};
    return submissions_start(&service->grader.submissions, &service->grader, &submissions);
}

static int64_t workers_of(const struct serve_settings *settings)
{
    return settings->workers > 0 ? settings->workers : uv_available_parallelism();
}

static void on_request_over(void *context, const struct http_request *request, int code,
                            int64_t took_us)
{
    struct grader *grader = context;
    metrics_request(&grader->metrics, http_route(request), code, took_us);
}

/* The first signal drains, a second one does not wait. */
static void on_signal(uv_signal_t *signal, int number)
{
    struct service *service = signal->data;
    struct grader *grader = &service->grader;
    bool again = grader->stopping;
    log_line(LOG_INFO, "service.stopping", "signal=%d again=%d drain_ms=%lld", number, again,
             (long long)service->settings.drain_ms);
    if (!again) {
        grader->stopping = true;
        if (grader->held != NULL)
            held_drain(grader->held);
        http_quiesce(grader->http);
        if (grader->git != NULL)
            git_drain(grader->git);
        notify_stopping(&service->notify, service->settings.drain_ms);
        (void)uv_timer_start(&service->drain, on_drained, (uint64_t)service->settings.drain_ms, 0);
    }
    if (grader->submissions != NULL)
        submissions_stop(grader->submissions, again, on_submissions_closed, service);
}

static void on_drained(uv_timer_t *timer)
{
    struct service *service = timer->data;
    log_line(LOG_WARN, "service.drain_over", "%s", "jobs that still run will run again");
    if (service->grader.submissions != NULL)
        submissions_stop(service->grader.submissions, true, on_submissions_closed, service);
}

/* Everybody who waited has been told; now the words go out. */
static void on_submissions_closed(void *context)
{
    struct service *service = context;
    git_end(service->grader.git);
    held_stop(service->grader.held);
    uses_stop(service->grader.uses);
    (void)uv_timer_start(&service->drain, on_goodbye_over, GOODBYE_MS, 0);
}

static void on_goodbye_over(uv_timer_t *timer)
{
    struct service *service = timer->data;
    writer_stop(service->grader.writer, on_writer_closed, service);
}

/* In the turn in which the writer went: no request is looked at between. */
static void on_writer_closed(void *context)
{
    struct service *service = context;
    http_stop(service->grader.http, on_http_closed, service);
}

static void on_http_closed(void *context)
{
    struct service *service = context;
    submissions_free(service->grader.submissions);
    service->grader.submissions = NULL;
    boards_stop(service->grader.boards);
    git_stop(service->grader.git);
    uv_walk(&service->loop, close_rest, NULL);
}

static void close_rest(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void service_release(struct service *service)
{
    if (service->grader.loop != NULL)
        (void)uv_loop_close(&service->loop); /* nothing is left in it */
    db_close(&service->writer_db);           /* unless the writer has closed it */
    db_close(&service->grader.reader);
    notify_release(&service->notify);
    boards_free(service->grader.boards);
    git_free(service->grader.git);
    held_free(service->grader.held);
    uses_free(service->grader.uses);
    versions_release(&service->grader.versions);
    free(service->grader.specs);
    free(service);
}
