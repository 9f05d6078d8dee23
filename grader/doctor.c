/* The checks of `grader doctor`, one function each. */
#include "grader/doctor.h"

#include "grader/child.h"
#include "grader/git_need.h"
#include "grader/git_place.h"
#include "grader/home.h"
#include "grader/store.h"
#include "grader/try.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/json_out.h"
#include "sandbox/base/text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELLO_MS 120000 /* a first start measures the machine */
#define PROBE_MS 30000

static void ask_sandbox(struct doctor *out);
static struct err run_probe(struct buf *out);
static void sandbox_rows(struct doctor *out, const char *json);
static void ask_assignments(struct doctor *out);
static void ask_worker(struct doctor *out, const char *calibration_path);
static struct err ask_calibration(struct child *child, struct wire_hello *hello);
static void worker_rows(struct doctor *out, const struct wire_hello *hello);
static void priority_row(struct doctor *out, int priority);
static void speed_row(struct doctor *out, const struct wire_calibration *calibration);
static void gpu_row(struct doctor *out, const struct wire_hello *hello);
static void cuda_rows(struct doctor *out, const struct wire_hello *hello);
static void ask_database(struct doctor *out, const char *path);
static void ask_git(struct doctor *out);
static void add(struct doctor *out, const char *name, enum doctor_state state, const char *detail,
                const char *advice);

static const char *const state_words[] = {"ok", "weaker", "missing", "not here"};

void doctor_ask(struct doctor *out, const char *database_path, const char *calibration_path)
{
    out->count = 0;
    ask_sandbox(out);
    ask_assignments(out);
    ask_worker(out, calibration_path);
    ask_database(out, database_path);
    ask_git(out);
}

bool doctor_is_well(const struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->count; i++)
        if (doctor->rows[i].state == DOCTOR_MISSING)
            return false;
    return true;
}

/* -- the sandbox speaks for itself ------------------------------------------------------------- */

static void ask_sandbox(struct doctor *out)
{
    auto_buf struct buf json = buf_of((size_t)256 * 1024);
    struct err err = run_probe(&json);
    if (err_is(err))
        add(out, "sandbox", DOCTOR_MISSING, err.text, "make all builds it");
    else
        sandbox_rows(out, json.at);
}

/* `sandbox doctor --json`, read to its end or for PROBE_MS. */
static struct err run_probe(struct buf *out)
{
    char program[4096];
    struct err err = home_program("sandbox", program, sizeof program);
    if (err_is(err))
        return err;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_make(ERR_SYSTEM, "pipe to the sandbox");
    auto_close int from = ends[0];
    const char *argv[] = {program, "doctor", "--json", NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int code = posix_spawn_file_actions_init(&actions);
    code = code != 0 ? code : posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    code = code != 0 ? code
                     : posix_spawn(&pid, program, &actions, NULL, (char *const *)(uintptr_t)argv,
                                   environ);
    (void)posix_spawn_file_actions_destroy(&actions); /* cannot fail */
    (void)close(ends[1]);                             /* the child has its own */
    if (code != 0) {
        errno = code;
        return err_make(ERR_SYSTEM, "start '%.100s'", program);
    }
    bool ready = true;
    for (ssize_t got = 1; got > 0 && ready && !out->failed;) {
        char piece[4096];
        err = fdio_wait(from, PROBE_MS, &ready);
        got = ready ? read(from, piece, sizeof piece) : 0;
        if (got > 0)
            buf_append(out, piece, (size_t)got);
    }
    if (!ready)
        (void)kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    return ready ? err : err_make(ERR_SYSTEM, "the sandbox's doctor gave no answer");
}

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text != NULL ? text : "";
}

static void sandbox_rows(struct doctor *out, const char *json)
{
    cJSON *root = cJSON_Parse(json);
    bool usable = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "usable"));
    bool limited = strncmp(text_of(root, "backend"), "cgroup", 6) == 0;
    char detail[256];
    (void)snprintf(detail, sizeof detail, "programs run isolated, limits by %.40s",
                   text_of(root, "backend")); /* fits */
    add(out, "sandbox", usable ? DOCTOR_GOOD : DOCTOR_MISSING,
        usable ? detail : "no back end works here", usable ? "" : "see the lines below");
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(root, "rows"))
    {
        bool works = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(row, "works"));
        enum doctor_state state = works ? DOCTOR_GOOD : DOCTOR_WEAKER;
        if (!works && strcmp(text_of(row, "name"), "toolchain") == 0)
            state = DOCTOR_MISSING;
        if (!works && limited && strncmp(text_of(row, "name"), "cgroup", 6) == 0)
            state = DOCTOR_ABSENT; /* one of the two is enough */
        char name[32];
        (void)snprintf(name, sizeof name, "  %.29s", text_of(row, "name")); /* fits */
        add(out, name, state, text_of(row, "detail"),
            state == DOCTOR_ABSENT ? "" : text_of(row, "advice"));
    }
    cJSON_Delete(root);
}

/* -- the installation and its worker ----------------------------------------------------------- */

static void ask_assignments(struct doctor *out)
{
    struct try_place place;
    struct err err = try_place_open(&place, NULL);
    if (err_is(err)) {
        add(out, "assignments", DOCTOR_MISSING, err.text, "mend the file that is named");
        return;
    }
    auto_buf struct buf names = buf_of(4096);
    for (size_t i = 0; i < place.specs_count; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", place.specs[i].name);
    add(out, "assignments", place.specs_count > 0 ? DOCTOR_GOOD : DOCTOR_MISSING, names.at,
        place.specs_count > 0 ? "" : "the folder assignments/ is empty");
    try_place_close(&place);
}

static void ask_worker(struct doctor *out, const char *calibration_path)
{
    char home[4096];
    struct child child;
    struct event hello = {0};
    struct err err = home_find(home, sizeof home);
    struct child_options options = {.home = home, .calibration = calibration_path};
    bool started = false;
    if (!err_is(err)) {
        err = child_start(&child, &options);
        started = !err_is(err);
    }
    if (started)
        err = child_next(&child, HELLO_MS, &hello);
    if (!err_is(err) && hello.kind == EVENT_HELLO) {
        struct err untested = err_none();
        if (hello.hello.ranked && *calibration_path != 0)
            untested = ask_calibration(&child, &hello.hello);
        worker_rows(out, &hello.hello);
        if (err_is(untested))
            add(out, "speed", DOCTOR_WEAKER, untested.text,
                "the test of this machine did not end: correctness works, speed is not measured");
        cuda_rows(out, &hello.hello);
    } else {
        auto_buf struct buf said = buf_of(4096);
        if (started)
            child_said(&child, &said, 200);
        add(out, "worker", DOCTOR_MISSING, err_is(err) ? err.text : "it did not introduce itself",
            said.at);
    }
    if (started) {
        event_release(&hello);
        child_stop(&child);
    }
}

/* A job of its own kind, after which the hello says more. */
static struct err ask_calibration(struct child *child, struct wire_hello *hello)
{
    const struct job job = {.id = 1, .kind = JOB_CALIBRATE};
    bool done = false;
    struct err err = child_send(child, &job);
    while (!err_is(err) && !done) {
        struct event event = {0};
        err = child_next(child, HELLO_MS, &event);
        if (!err_is(err) && event.kind == EVENT_HELLO)
            *hello = event.hello;
        done = event.kind == EVENT_DONE;
        event_release(&event);
    }
    return err;
}

static void worker_rows(struct doctor *out, const struct wire_hello *hello)
{
    char detail[256];
    (void)snprintf(detail, sizeof detail, "%s, %s %s", hello->class_name, hello->compiler,
                   hello->flags); /* a cut is fine */
    add(out, "worker", DOCTOR_GOOD, detail, "");
    (void)snprintf(detail, sizeof detail, "%lld%s%s", (long long)hello->processors,
                   hello->ranked ? ", speed is measured here" : ": ",
                   hello->ranked ? "" : hello->unranked_why); /* fits */
    add(out, "processors", hello->ranked ? DOCTOR_GOOD : DOCTOR_WEAKER, detail,
        hello->ranked ? "" : "correctness works; speed wants a machine with two quiet cores");
    if (hello->ranked)
        priority_row(out, hello->priority);
    if (hello->calibration.made_at > 0)
        speed_row(out, &hello->calibration);
}

static void priority_row(struct doctor *out, int priority)
{
    static const struct {
        enum doctor_state state;
        const char *detail;
    } rows[] = {
        {DOCTOR_WEAKER, "timed programs take turns with whatever else runs here"},
        {DOCTOR_WEAKER, "timed programs go before everything else, but are watched from another "
                        "processor: the clock takes more for itself"},
        {DOCTOR_GOOD, "while the clock runs, timed programs go before everything else"},
    };

    add(out, "priority", rows[priority].state, rows[priority].detail,
        rows[priority].state == DOCTOR_GOOD
            ? ""
            : "optional, for speed on a busy machine: RLIMIT_RTPRIO of 2 (ulimit -r 2, "
              "LimitRTPRIO=2 in a unit)");
}

static void speed_row(struct doctor *out, const struct wire_calibration *calibration)
{
    bool good = *calibration->complaint == 0;
    char detail[256];
    if (calibration->trials == 0)
        (void)text_copy(detail, sizeof detail, calibration->complaint); /* fits */
    else
        (void)snprintf(detail, sizeof detail,
                       "baseline against itself within %.2f %% (%lld trials), floor of the clock "
                       "%.0f us; %.0f GFLOP/s, %.0f Gop/s of bytes, %.0f GB/s",
                       calibration->error * 100, (long long)calibration->trials,
                       calibration->floor_us, calibration->gigaflops, calibration->gigaops,
                       calibration->gigabytes); /* fits */
    add(out, "speed", good ? DOCTOR_GOOD : DOCTOR_WEAKER, detail,
        good ? ""
             : "over 1 %: no ranked work. Quiet the machine; it is tried again in five minutes");
}

/* -- optional: CUDA ---------------------------------------------------------------------------- */

static void gpu_row(struct doctor *out, const struct wire_hello *hello)
{
    char detail[256];
    const bool device = hello->gpu[0] != '\0';
    if (device)
        (void)snprintf(detail, sizeof detail, "%s, %s, %lld MiB", hello->gpu, hello->gpu_name,
                       (long long)(hello->gpu_memory_bytes >> 20)); /* fits */
    else
        (void)snprintf(detail, sizeof detail, "none, .cu files end in compiled_only: %s",
                       hello->gpu_why); /* fits */
    add(out, "gpu",
        device                        ? DOCTOR_GOOD
        : hello->gpu_quarantined != 0 ? DOCTOR_WEAKER
                                      : DOCTOR_ABSENT,
        detail,
        hello->gpu_quarantined != 0
            ? "look at the device; then remove the file that says so, or restart the host"
            : "");
}

/* The worker that was just asked found the compiler, or not. */
static void cuda_rows(struct doctor *out, const struct wire_hello *hello)
{
    const bool compiler = hello->cuda[0] != '\0';
    add(out, "cuda", compiler ? DOCTOR_GOOD : DOCTOR_ABSENT,
        compiler ? hello->cuda : "no CUDA compiler (libnvrtc): .cu files are not compiled here",
        compiler ? "" : "optional: a CUDA toolkit of version 12 or 13 at /usr/local/cuda");
    gpu_row(out, hello);
}

/* -- the database's place ---------------------------------------------------------------------- */

/* Opens a scratch database where the real one would be: it proves the file system, and names it if
 * it will not do. */
static void ask_database(struct doctor *out, const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    char folder[4096];
    char scratch[4096 + 64];
    if (!text_copy(folder, sizeof folder, path))
        folder[0] = 0;
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        (void)text_copy(folder, sizeof folder, "."); /* fits */
    else
        slash[slash == folder] = 0;
    if (access(folder, F_OK) < 0)
        (void)text_copy(folder, sizeof folder, "."); /* the service makes the folder there */
    (void)snprintf(scratch, sizeof scratch, "%s/.doctor-%d.db", folder, (int)getpid()); /* fits */

    struct db db;
    struct err err = store_open(&db, scratch);
    if (!err_is(err))
        db_close(&db);
    for (size_t i = 0; i < COUNT(endings); i++) {
        char name[4096 + 80];
        (void)snprintf(name, sizeof name, "%s%s", scratch, endings[i]); /* fits */
        (void)unlink(name); /* it may never have been made */
    }
    char detail[256];
    (void)snprintf(detail, sizeof detail, "%.150s in '%.80s'",
                   err_is(err) ? err.text : "SQLite works", folder); /* fits */
    /* Needed by the service alone: `try` grades without it. */
    add(out, "database", err_is(err) ? DOCTOR_WEAKER : DOCTOR_GOOD, detail,
        err_is(err) ? "set database.path to a local disk; only the service needs it" : "");
}

/* -- optional: pushing to the service ---------------------------------------------------------- */

static void ask_git(struct doctor *out)
{
    static const struct {
        const char *detail, *advice;
    } rows[] = {
        [GIT_NEEDS_GIT] = {"no git: the service takes no git push",
                           "optional: apt-get install git curl"},
        [GIT_NEEDS_CURL] = {"no curl: the service takes no git push",
                            "optional: apt-get install git curl"},
        [GIT_NEEDS_HOOKS] = {"deploy/hooks is not beside assignments/, or not executable",
                             "optional: install the folder deploy/hooks as it is"},
    };
    static const char backends[] =
        "/usr/lib/git-core:/usr/libexec/git-core:/usr/local/libexec/git-core";
    const char *path = getenv("PATH");
    char home[4096];
    char hooks[4200];

    if (path == NULL)
        path = "";
    if (err_is(home_find(home, sizeof home)))
        home[0] = '\0';
    (void)snprintf(hooks, sizeof hooks, "%s/deploy/hooks", home); /* fits */
    enum git_need need = git_need(path, hooks);
    if (need != GIT_NEEDS_NOTHING)
        add(out, "git", DOCTOR_ABSENT, rows[need].detail, rows[need].advice);
    else if (git_age(path) != GIT_NEW_ENOUGH)
        add(out, "git", DOCTOR_ABSENT,
            "git is too old, or does not say its version: the service takes no git push",
            "optional: install git " GIT_VERSION_WORD " or newer");
    else if (!git_program(backends, "git-http-backend"))
        add(out, "git", DOCTOR_ABSENT, "git is here; git http-backend was not found",
            "optional: some distributions have it in a package of its own");
    else
        add(out, "git", DOCTOR_GOOD, "git push to the service works", "");
}

/* -- what is said ------------------------------------------------------------------------------ */

static void add(struct doctor *out, const char *name, enum doctor_state state, const char *detail,
                const char *advice)
{
    if (out->count == DOCTOR_ROWS_MAX)
        return;
    struct doctor_row *row = &out->rows[out->count++];
    row->state = state;
    (void)text_copy(row->name, sizeof row->name, name); /* cuts are fine: for people */
    (void)text_copy(row->detail, sizeof row->detail, detail);
    (void)text_copy(row->advice, sizeof row->advice, state == DOCTOR_GOOD ? "" : advice);
}

void doctor_text(struct buf *out, const struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->count; i++) {
        const struct doctor_row *row = &doctor->rows[i];
        buf_printf(out, "%-22s %-9s %s\n", row->name, state_words[row->state], row->detail);
        if (*row->advice != 0)
            buf_printf(out, "%-32s to do: %s\n", "", row->advice);
    }
    buf_text(out, doctor_is_well(doctor) ? "Grading works here.\n"
                                         : "Grading does not work here: mend what is missing.\n");
}

void doctor_json(struct buf *out, const struct doctor *doctor)
{
    struct json_out json = {.out = out};
    json_open(&json, NULL, '{');
    json_integer(&json, "format", 1);
    json_flag(&json, "works", doctor_is_well(doctor));
    json_open(&json, "rows", '[');
    for (size_t i = 0; i < doctor->count; i++) {
        const struct doctor_row *row = &doctor->rows[i];
        json_open(&json, NULL, '{');
        json_text(&json, "name", row->name + strspn(row->name, " "));
        json_text(&json, "state", state_words[row->state]);
        json_text(&json, "detail", row->detail);
        if (*row->advice != 0)
            json_text(&json, "advice", row->advice);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
}
