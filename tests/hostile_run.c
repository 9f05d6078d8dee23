/* Runs a case as the worker would: sealed memfds, descriptors in fixed places, and afterwards
 * looks at everything that a program could have spoiled. */
#include "tests/hostile_run.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "tests/hostile/hostile.h"
#include "tests/hostile_shared.h"

#include <stdio.h>

#define MIB (1ULL << 20)
#define WALL_MS 1000
#define CPU_MS 500
#define TRIES_MAX 3
#define LATE "the slot was free after"
#define UNEXPECTED "expected"
#define FREE_MS 500 /* after the wall limit the slot must be free again */
#define GIVE_UP_MS 10000
#define PROGRAM_BYTES_MAX ((size_t)16 << 20)
#define WORDS_MAX 24
#define IDLE_SHARE_MAX 0.2 /* of all processors; a machine with more is not busy */

/* Ticks of all processors since the host started. */
struct idle {
    unsigned long long idle, all;
};

/* What the tools of a case hand on. */
struct files {
    struct sandbox_file at[SANDBOX_FILES_MAX];
    char names[SANDBOX_FILES_MAX][64];
    size_t count;
};

static bool is_about_time(const struct hostile_result *result);
static bool try_case(struct hostile_bench *bench, const struct hostile_case *given, bool patient,
                     struct hostile_result *out);
static void judge(struct hostile_bench *bench, const struct hostile_case *given,
                  const struct shared *shared, const struct sandbox_result *result, bool starved,
                  struct hostile_result *out);
static void tell_unexpected(const struct hostile_case *given, const struct shared *shared,
                            const struct sandbox_result *result, struct hostile_result *out);
static struct err run_case(struct hostile_bench *bench, const struct hostile_case *given,
                           struct shared *shared, struct sandbox_result *result, char *fault);
static struct err run_program(struct hostile_bench *bench, const struct hostile_case *given,
                              struct shared *shared, struct sandbox_result *result, char *fault);
static struct err run_tools(struct hostile_bench *bench, const struct hostile_case *given,
                            struct shared *shared, struct sandbox_result *result, char *fault);
static struct err run_tool(struct hostile_bench *bench, const char *command, struct shared *shared,
                           struct files *files, struct sandbox_result *result, char *fault);
static size_t split(struct hostile_bench *bench, char *text, const char **argv);
static struct err run_in_time(struct hostile_bench *bench, const struct sandbox_request *request,
                              struct sandbox_result *result, char *fault);
static bool is_starved(const struct hostile_bench *bench, const struct hostile_case *given,
                       const struct sandbox_result *result);
static struct idle idle_now(void);
static double idle_share(struct idle since);
static struct err open_program(const char *path, int *out_fd);

static struct sandbox_limits limits_of_the_corpus(const struct hostile_bench *bench)
{
    return (struct sandbox_limits){
        .wall_ms = (uint64_t)WALL_MS * bench->slower,
        .cpu_ms = (uint64_t)CPU_MS * bench->slower,
        .memory_bytes = 64 * MIB,
        .stack_bytes = 8 * MIB,
        .output_bytes = HOSTILE_OUTPUT_BYTES,
        .threads = 1,
    };
}

void hostile_run(struct hostile_bench *bench, const struct hostile_case *given,
                 struct hostile_result *out)
{
    int64_t began_ms = clock_ms();
    for (int tries = 0; tries < TRIES_MAX && (tries == 0 || is_about_time(out)); tries++) {
        if (!try_case(bench, given, true, out))
            (void)try_case(bench, given, false, out);
    }
    if (out->fault[0] == '\0')
        (void)(watch_check(&bench->watch, out->fault, sizeof out->fault) &&
               hostile_canary(bench, out->fault, sizeof out->fault));
    out->took_ms = clock_ms() - began_ms;
    out->passed = out->fault[0] == '\0';
    out->done = true;
}

/* Neighbours can keep a killed process from dying in time, or a program from its CPU time; a host
 * that reclaims a virtual machine's memory makes each page fault ten times as slow. Such a fault
 * counts when it comes back. What is wrong in the sandbox comes back every time. */
static bool is_about_time(const struct hostile_result *result)
{
    return strstr(result->fault, LATE) != NULL ||
           (strncmp(result->fault, UNEXPECTED, strlen(UNEXPECTED)) == 0 &&
            (strncmp(result->end, "wall_limit", 10) == 0 ||
             strncmp(result->end, "cpu_limit", 9) == 0));
}

bool hostile_canary(struct hostile_bench *bench, char *fault, size_t fault_size)
{
    static const char *const argv[] = {"canary", NULL};
    struct shared shared = {.fds = {-1, -1, -1, -1, -1}};
    struct sandbox_result result = {.end = SANDBOX_EXITED};
    char late[FAULT_MAX] = "";
    uint32_t turn = ++bench->turn;
    size_t wrong = 0;

    struct err err = shared_make(&shared, turn);
    const struct sandbox_request request = {.program_fd = bench->canary,
                                            .argv = argv,
                                            .fds = shared.fds,
                                            .fds_count = COUNT(shared.fds),
                                            .limits = limits_of_the_corpus(bench),
                                            .cpu = -1};
    if (!err_is(err))
        err = run_in_time(bench, &request, &result, late);
    for (uint32_t i = 0; !err_is(err) && i < SHARED_BYTES / 4; i++)
        wrong += shared.answer[i] != canary_answer(shared.input[i], i);
    if (err_is(err))
        (void)snprintf(fault, fault_size, "canary: %s", err.text);
    else if (result.end != SANDBOX_EXITED || result.exit_code != 0)
        (void)snprintf(fault, fault_size, "canary: %s %d (%s)", sandbox_end_word(result.end),
                       result.exit_code, result.evidence);
    else if (wrong > 0 || late[0] != '\0' || !shared_says(shared.fds[OUTPUT], "right\n"))
        (void)snprintf(fault, fault_size, "canary: %zu of its numbers are wrong; %.100s", wrong,
                       late);
    shared_drop(&shared);
    return fault[0] == '\0';
}

bool hostile_compile(struct hostile_bench *bench, char *fault, size_t fault_size)
{
    const struct hostile_case honest = {.file = "a.c",
                                        .path = "tests/hostile/canary.c",
                                        .runs = {"cc1 -E -o a.i a.c"},
                                        .runs_count = 1};
    struct shared shared = {.fds = {-1, -1, -1, -1, -1}};
    struct sandbox_result result = {.end = SANDBOX_EXITED};
    char text[FAULT_MAX] = "";
    struct err err = shared_make(&shared, 0);
    if (!err_is(err))
        err = run_tools(bench, &honest, &shared, &result, text);
    shared_drop(&shared);
    if (err_is(err))
        (void)text_copy(text, sizeof text, err.text);
    (void)text_copy(fault, fault_size, text); /* cut is fine */
    return text[0] == '\0';
}

static bool try_case(struct hostile_bench *bench, const struct hostile_case *given, bool patient,
                     struct hostile_result *out)
{
    struct shared shared = {.fds = {-1, -1, -1, -1, -1}};
    struct sandbox_result result = {.end = SANDBOX_EXITED};
    struct idle idle = idle_now();
    bool starved = false;
    uint32_t turn = ++bench->turn;
    struct err err = shared_make(&shared, turn);
    out->fault[0] = out->end[0] = '\0';
    if (!err_is(err))
        err = run_case(bench, given, &shared, &result, out->fault);
    if (err_is(err)) {
        FAULT(out->fault, "our own error: %s", err.text);
    } else {
        hostile_case_end(&result, out->end, sizeof out->end);
        starved = is_starved(bench, given, &result) && idle_share(idle) < IDLE_SHARE_MAX;
        if (!starved || !patient)
            judge(bench, given, &shared, &result, starved, out);
        if (out->fault[0] == '\0')
            (void)shared_is_whole(&shared, turn, out->fault);
    }
    shared_drop(&shared);
    return out->fault[0] != '\0' || !starved || !patient;
}

static void judge(struct hostile_bench *bench, const struct hostile_case *given,
                  const struct shared *shared, const struct sandbox_result *result, bool starved,
                  struct hostile_result *out)
{
    if (out->fault[0] != '\0')
        return;
    if (starved)
        (void)snprintf(out->end, sizeof out->end, "wall_limit (the machine is busy)");
    else if (!hostile_case_fits(given, result, sandbox_backend(bench->slot)))
        tell_unexpected(given, shared, result, out);
    else if (given->says[0] != '\0' && !shared_says(shared->fds[ERRORS], given->says))
        FAULT(out->fault, "it does not say '%s'", given->says);
}

static void tell_unexpected(const struct hostile_case *given, const struct shared *shared,
                            const struct sandbox_result *result, struct hostile_result *out)
{
    char words[80] = "";
    ssize_t got = pread(shared->fds[ERRORS], words, sizeof words - 1, 0);
    words[got > 0 ? got : 0] = '\0';
    FAULT(out->fault, UNEXPECTED " %s, got %s (%s) %.*s", given->expect, out->end, result->evidence,
          (int)strcspn(words, "\n"), words);
}

static struct err run_case(struct hostile_bench *bench, const struct hostile_case *given,
                           struct shared *shared, struct sandbox_result *result, char *fault)
{
    return given->runs_count > 0 ? run_tools(bench, given, shared, result, fault)
                                 : run_program(bench, given, shared, result, fault);
}

static struct err run_program(struct hostile_bench *bench, const struct hostile_case *given,
                              struct shared *shared, struct sandbox_result *result, char *fault)
{
    static const char *const argv[] = {"hostile", NULL};
    char path[512];
    auto_close int program = -1, taken = -1;
    (void)snprintf(path, sizeof path, "%s/tests/hostile.d/%s", bench->build, given->name);
    struct err err = open_program(path, &program);
    if (!err_is(err))
        err = fdio_memfd("a.o", 0, &taken);
    if (err_is(err))
        return err;

    bool compile = given->profile == SANDBOX_COMPILE;
    const struct sandbox_file in = {"a.c", shared->fds[QUESTION]}, out = {"a.o", taken};
    struct sandbox_request request = {.profile = given->profile,
                                      .program_fd = program,
                                      .argv = argv,
                                      .fds = shared->fds,
                                      .fds_count = COUNT(shared->fds),
                                      .files_in = &in,
                                      .files_in_count = compile,
                                      .files_out = &out,
                                      .files_out_count = compile,
                                      .limits = limits_of_the_corpus(bench),
                                      .cpu = -1};
    request.limits.threads = given->threads;
    err = run_in_time(bench, &request, result, fault);
    if (!err_is(err) && compile && fault[0] == '\0')
        (void)shared_tells(taken, fault);
    return err;
}

/* One after the other; the last one's end is the case's, those before must end well. */
static struct err run_tools(struct hostile_bench *bench, const struct hostile_case *given,
                            struct shared *shared, struct sandbox_result *result, char *fault)
{
    struct files files = {.count = 1};
    auto_buf struct buf source = buf_of(PROGRAM_BYTES_MAX);
    struct err err = fdio_read_file(given->path, &source);
    if (!err_is(err))
        err = fdio_memfd_sealed("source", source.at, source.size, &files.at[0].fd);
    if (err_is(err))
        return err;
    (void)text_copy(files.names[0], sizeof files.names[0], given->file); /* same size */
    files.at[0].name = files.names[0];
    for (size_t i = 0; i < given->runs_count && !err_is(err); i++) {
        err = run_tool(bench, given->runs[i], shared, &files, result, fault);
        bool last = i + 1 == given->runs_count;
        if (last || err_is(err))
            break;
        if (result->end != SANDBOX_EXITED || result->exit_code != 0 || result->files_cut) {
            FAULT(fault, "'%s' ended with %s", given->runs[i], result->evidence);
            break;
        }
    }
    for (size_t i = 0; i < files.count; i++) {
        if (!err_is(err) && fault[0] == '\0' && i > 0)
            (void)shared_tells(files.at[i].fd, fault);
        (void)close(files.at[i].fd); /* a memfd: nothing is pending in it */
    }
    return err;
}

static struct err run_tool(struct hostile_bench *bench, const char *command, struct shared *shared,
                           struct files *files, struct sandbox_result *result, char *fault)
{
    char text[160];
    const char *argv[WORDS_MAX + 1];
    struct sandbox_file *made = &files->at[files->count];
    size_t made_count = 0;
    (void)text_copy(text, sizeof text, command); /* same size */
    size_t words = split(bench, text, argv);
    for (size_t i = 0; i + 1 < words; i++) {
        if (strcmp(argv[i], "-o") != 0)
            continue;
        struct err err = fdio_memfd("made", 0, &made->fd);
        if (err_is(err))
            return err;
        (void)text_copy(files->names[files->count], sizeof files->names[0], argv[i + 1]);
        made->name = files->names[files->count];
        made_count = 1;
    }
    struct sandbox_request request = {.profile = SANDBOX_COMPILE,
                                      .program_fd = -1,
                                      .argv = argv,
                                      .fds = shared->fds,
                                      .fds_count = 3,
                                      .files_in = files->at,
                                      .files_in_count = files->count,
                                      .files_out = made,
                                      .files_out_count = made_count,
                                      .limits = limits_of_the_corpus(bench),
                                      .cpu = -1};
    files->count += made_count;
    return run_in_time(bench, &request, result, fault);
}

/* "cc1" with what it always needs; as and ld bare. */
static size_t split(struct hostile_bench *bench, char *text, const char **argv)
{
    size_t count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(text, " ", &rest); word != NULL && count + 4 < WORDS_MAX;
         word = strtok_r(NULL, " ", &rest)) {
        bool first = count == 0;
        argv[count++] = !first                     ? word
                        : strcmp(word, "cc1") == 0 ? bench->tools.cc1
                        : strcmp(word, "as") == 0  ? bench->tools.as
                                                   : bench->tools.ld;
        if (!first || strcmp(word, "cc1") != 0)
            continue;
        argv[count++] = "-quiet";
        for (size_t i = 0; bench->tools.cc1_arguments[i] != NULL; i++)
            argv[count++] = bench->tools.cc1_arguments[i];
    }
    argv[count] = NULL;
    return count;
}

/* The slot must be free again FREE_MS after the wall limit at the latest. */
static struct err run_in_time(struct hostile_bench *bench, const struct sandbox_request *request,
                              struct sandbox_result *result, char *fault)
{
    bool done = false;
    int64_t began_ms = clock_ms();
    struct err err = sandbox_start(bench->slot, request);
    if (!err_is(err))
        err = sandbox_wait(bench->slot, (int64_t)request->limits.wall_ms + FREE_MS, &done, result);
    if (err_is(err))
        return err;
    if (!done)
        err = sandbox_wait(bench->slot, GIVE_UP_MS, &done, result);
    int64_t took_ms = clock_ms() - began_ms;
    if (!err_is(err) && !done)
        err = err_make(ERR_INTERNAL, "the slot is not free after %d s", GIVE_UP_MS / 1000);
    else if (took_ms > (int64_t)request->limits.wall_ms + FREE_MS)
        FAULT(fault, LATE " %lld ms only", (long long)took_ms);
    return err;
}

/* It was to use up its CPU time and got less than that until its wall limit. On a busy machine that
 * is the right end, though the other is worth a second try; on an idle one it is a miscount. */
static bool is_starved(const struct hostile_bench *bench, const struct hostile_case *given,
                       const struct sandbox_result *result)
{
    return result->end == SANDBOX_WALL_LIMIT &&
           result->cpu_us / 1000 < limits_of_the_corpus(bench).cpu_ms &&
           strstr(given->expect, "wall_limit") == NULL;
}

static struct idle idle_now(void)
{
    char text[256] = "";
    struct idle now = {0};
    auto_close int fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0 || strncmp(text, "cpu ", 4) != 0)
        return now;
    char *at = text + 4; /* user nice system idle iowait irq softirq steal */
    for (int column = 0; column < 8; column++) {
        unsigned long long ticks = strtoull(at, &at, 10);
        now.all += ticks;
        now.idle += column == 3 || column == 4 ? ticks : 0;
    }
    return now;
}

static double idle_share(struct idle since)
{
    struct idle now = idle_now();
    return now.all == since.all ? 1
                                : (double)(now.idle - since.idle) / (double)(now.all - since.all);
}

static struct err open_program(const char *path, int *out_fd)
{
    auto_buf struct buf bytes = buf_of(PROGRAM_BYTES_MAX);
    struct err err = fdio_read_file(path, &bytes);
    return err_is(err) ? err : fdio_memfd_sealed("program", bytes.at, bytes.size, out_fd);
}
