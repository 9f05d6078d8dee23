/* The service without its HTTP: a real database, writer, loop and worker processes. */
#ifndef TESTS_UNIT_SUPPORT_SERVICE_FIXTURE_H
#define TESTS_UNIT_SUPPORT_SERVICE_FIXTURE_H

#include "grader/grader.h"
#include "tests/unit/support/store_fixture.h"

#define SERVICE_STAGES_MAX 64

struct service_fixture {
    struct store_fixture store;
    struct grader grader;
    uv_loop_t loop;
    uv_timer_t beat; /* so that waiting looks at its deadline */
    struct submissions_settings settings;
    char program[4200], marks[128];
    int go_fd;
    bool running, closed;
};

/* Makes a database with one offering, and the folder `marks`. `program`: below $BUILD. Nothing runs
 * until service_start; between start and stop the settings stand. */
void service_make(struct service_fixture *service, const char *program);
void service_start(struct service_fixture *service);
void service_stop(struct service_fixture *service, bool now);
void service_remove(struct service_fixture *service);

/* One client: sends, watches what it was answered with, keeps what it was told. */
struct client {
    struct service_fixture *service;
    struct watch watch;
    struct accepted accepted;
    int answers;
    bool committed; /* when it was told "accepted", another connection could read the submission */
    bool watching;
    enum stage stages[SERVICE_STAGES_MAX]; /* as told, repeats left out */
    int stages_count, calls, calls_after_final;
    struct report_text cursor;
    char text[16384];                                                 /* the streamed report */
    void (*each)(struct client *client, const struct report *report); /* may be NULL */
};
void client_send(struct client *client, struct service_fixture *service, const char *source);
bool client_is_answered(const void *client);
bool client_is_final(const void *client);
/* The stage it was told last. */
enum stage client_stage(const struct client *client);

/* Runs the loop until `holds`; fails the test after a minute. */
void service_wait(struct service_fixture *service, bool (*holds)(const void *context),
                  const void *context);
/* Runs the loop for so long. */
void service_run_ms(struct service_fixture *service, int64_t ms);

/* The first column of a query's first row, as a reader sees it. */
int64_t service_number(struct service_fixture *service, const char *sql);
/* On the writer thread, waited for. */
struct err service_sql(struct service_fixture *service, const char *sql);

/* How often a worker began a job: lines of marks/runs. */
int service_runs(const struct service_fixture *service);
/* Lets one who waits for marks/go continue, now or later. */
void service_go(const struct service_fixture *service);

#endif
