/* One git on the loop, with a script in its place: what its end is worth, and what it is told. */
#include "grader/git_keep.h"
#include "grader/git_parts.h"
#include "sandbox/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WALL_MS 60000 /* no test waits for it */

struct door {
    char folder[64];
    uv_loop_t loop;
    struct git *git;
    struct git_child *child; /* NULL once it has ended */
    char said[4096];
    size_t size;
    int status;
};

static size_t room(void *context)
{
    const struct door *door = context;
    return sizeof door->said - 1 - door->size;
}

static void said(void *context, const void *bytes, size_t size)
{
    struct door *door = context;

    memcpy(door->said + door->size, bytes, size);
    door->size += size;
}

static void fed(void *context)
{
    (void)context;
}

static void ended(void *context, int status)
{
    struct door *door = context;

    door->child = NULL;
    door->status = status;
}

/* A script that is found as "git". */
static void put_git(const struct door *door, const char *script)
{
    char path[80];

    (void)snprintf(path, sizeof path, "%s/git", door->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n%s\n", script) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0700), 0);
}

static void open_door(struct door *door, const struct git_settings *settings)
{
    struct git_place place = {.settings = *settings};

    memset(door, 0, sizeof *door);
    (void)snprintf(door->folder, sizeof door->folder, "/tmp/test-git-child-XXXXXX");
    assert_non_null(mkdtemp(door->folder));
    assert_true(text_copy(place.settings.path, sizeof place.settings.path, door->folder));
    (void)snprintf(place.program_path, sizeof place.program_path, "%s:/usr/bin:/bin", door->folder);
    assert_int_equal(uv_loop_init(&door->loop), 0);
    assert_false(err_is(git_start(&door->git, &door->loop, &place)));
}

static void close_door(struct door *door)
{
    char command[128];

    git_free(door->git);
    assert_int_equal(uv_loop_close(&door->loop), 0); /* nothing is left in it */
    (void)snprintf(command, sizeof command, "rm -rf %s", door->folder);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a folder of our own
}

static void begin(struct door *door, enum git_service service)
{
    static const struct git_listener listener = {room, said, fed, ended};
    const struct membership who = {.id = 1, .login = "alice", .cohort = "demo"};
    const struct git_question question = {.service = service, .content_length = -1};

    assert_false(
        err_is(git_child_start(door->git, &who, 1, question, &listener, door, &door->child)));
}

/* With that script, to its end. */
static void run(struct door *door, const char *script)
{
    put_git(door, script);
    door->size = 0;
    begin(door, GIT_PUSH);
    git_child_close(door->child);
    git_child_listen(door->child);
    (void)uv_run(&door->loop, UV_RUN_DEFAULT);
    assert_null(door->child);
    door->said[door->size] = '\0';
}

static void its_end_is_told_once_its_exit_is_known(void **state)
{
    static const struct {
        const char *script;
        int status;
    } rows[] = {{"echo all", 0},
                {"echo all; exec >&-; sleep 0.2; exit 0", 0},
                {"echo all; exit 1", 1},
                {"echo all; exec >&-; sleep 0.2; exit 1", 1},
                {"echo all; kill -TERM $$", GIT_KILLED + SIGTERM},
                {"echo all; kill -KILL $$", GIT_KILLED + SIGKILL}};
    const struct git_settings settings = {.children_max = 4, .wall_ms = WALL_MS, .push_max = 4096};
    struct door door;
    (void)state;

    open_door(&door, &settings);
    for (size_t i = 0; i < COUNT(rows); i++) {
        run(&door, rows[i].script);
        assert_string_equal(door.said, "all\n");
        if (door.status != rows[i].status)
            fail_msg("'%s' ends with %d", rows[i].script, door.status);
    }
    close_door(&door);
}

static void one_that_was_ended_counts_as_killed(void **state)
{
    const struct git_settings settings = {.children_max = 4, .wall_ms = WALL_MS, .push_max = 4096};
    struct door door;
    (void)state;

    open_door(&door, &settings);
    put_git(&door, "exec sleep 60");
    begin(&door, GIT_PUSH);
    git_child_close(door.child);
    git_child_listen(door.child);
    git_end(door.git);
    (void)uv_run(&door.loop, UV_RUN_DEFAULT);
    assert_null(door.child);
    assert_true(door.status >= GIT_KILLED);
    close_door(&door);
}

/* A slow client takes of its own time, http.request, and not of that for the reports. */
static void the_wall_begins_again_with_the_end_of_the_body(void **state)
{
    const struct git_settings settings = {.children_max = 4, .wall_ms = WALL_MS, .push_max = 4096};
    struct door door;
    (void)state;

    open_door(&door, &settings);
    put_git(&door, "cat >/dev/null");
    begin(&door, GIT_PUSH);
    uv_sleep(20);
    uv_update_time(&door.loop);
    assert_true(uv_timer_get_due_in(&door.child->wall) <= WALL_MS - 20);
    git_child_close(door.child);
    assert_int_equal(uv_timer_get_due_in(&door.child->wall), WALL_MS);
    git_child_listen(door.child);
    (void)uv_run(&door.loop, UV_RUN_DEFAULT);
    assert_int_equal(door.status, 0);
    close_door(&door);
}

static void a_push_waits_for_reports_while_there_is_time(void **state)
{
    static const struct {
        int64_t wait_s, wall_ms, children_max;
        const char *waits;
    } rows[] = {{60, 120000, 4, "60"}, /* the presets */
                {300, 120000, 4, "110"},
                {60, 5000, 4, "0"},
                {60, 120000, 1, "3"}}; /* crowded */
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct git_settings settings = {.children_max = rows[i].children_max,
                                              .wall_ms = rows[i].wall_ms,
                                              .wait_s = rows[i].wait_s,
                                              .push_max = 4096};
        char wanted[16];
        struct door door;
        open_door(&door, &settings);
        run(&door, "i=0; while [ $i -lt $GIT_CONFIG_COUNT ]; do\n"
                   "eval k=\\$GIT_CONFIG_KEY_$i v=\\$GIT_CONFIG_VALUE_$i; i=$((i + 1))\n"
                   "[ $k != grader.wait ] || echo $v; done");
        (void)snprintf(wanted, sizeof wanted, "%s\n", rows[i].waits);
        assert_string_equal(door.said, wanted);
        close_door(&door);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_end_is_told_once_its_exit_is_known),
        cmocka_unit_test(one_that_was_ended_counts_as_killed),
        cmocka_unit_test(the_wall_begins_again_with_the_end_of_the_body),
        cmocka_unit_test(a_push_waits_for_reports_while_there_is_time),
    };

    if (argc > 1 && strcmp(argv[1], GIT_KEEP_WORD) == 0) /* as grader/main.c has it */
        return git_keep(argc - 2, argv + 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
