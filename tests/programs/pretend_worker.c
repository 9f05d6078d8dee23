/* A worker that behaves as its job's source says: for the ends that a good worker never has. Speaks
 * worker/wire.h by hand over the socket that --fd names; --backend says whether it may measure for
 * rank ("auto") or not; --cache names a folder for marks that outlive it. */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define RANKED_FIRST                                                                               \
    17 /* of attention: the cases before it are checked, two behind it are timed                   \
        */
#define RANKED_END 19

struct task {
    long long id;
    int is_timing;
    const char *word; /* the source */
};

static int wire = 3;
static const char *marks = "";
static const char *ranked = "true";

static void say(const char *kind, long long job, const char *format, ...)
{
    char body[2048];
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(body, sizeof body, format, arguments);
    va_end(arguments);
    int size =
        snprintf(text + 4, sizeof text - 4,
                 "{\"format\":1,\"kind\":\"%s\",\"job\":%lld,\"body\":{%s}}", kind, job, body);
    text[0] = text[1] = 0;
    text[2] = (char)(size >> 8);
    text[3] = (char)size;
    if (write(wire, text, (size_t)size + 4) != size + 4)
        exit(0);
}

/* One that may not measure has tested itself just now, and found its machine noisy. */
static void say_hello(void)
{
    char doubt[256] = "";
    if (*ranked != 't')
        snprintf(doubt, sizeof doubt,
                 ",\"calibration\":{\"made_at\":%lld,\"key\":\"\",\"error\":0,\"trials\":1,"
                 "\"floor_us\":1,\"gigaflops\":1,\"gigaops\":1,\"gigabytes\":1,"
                 "\"complaint\":\"noisy\"}",
                 (long long)time(NULL) * 1000000);
    say("hello", 0,
        "\"worker\":\"pretend\",\"class\":\"cpu:x86-64-v4\",\"compiler\":\"none\",\"flags\":\"-"
        "O3\","
        "\"backend\":\"rlimits\",\"ranked\":%s,\"processors\":2%s",
        ranked, doubt);
}

static void say_compiled(const struct task *task, const char *good)
{
    say("compiled", task->id,
        "\"good\":%s,\"took_ms\":1,\"errors\":0,\"warnings\":0,\"diagnostics\":\"\"", good);
}

/* What it printed is long enough that a grading needs pages of its own. */
static void say_case(const struct task *task, int index)
{
    say("case", task->id,
        "\"index\":%d,\"verdict\":\"pass\",\"error_ratio\":0.5,\"stderr\":\"%01000d\"", index, 0);
}

static void say_done(const struct task *task, const char *outcome)
{
    say("done", task->id, "\"outcome\":\"%s\",\"started_at\":1,\"took_ms\":1", outcome);
}

/* Everything right from case `first` on. */
static void be_right(const struct task *task, int first)
{
    for (int i = first; i < RANKED_FIRST && !task->is_timing; i++)
        say_case(task, i);
    for (int i = RANKED_FIRST; i < RANKED_END && task->is_timing; i++)
        say("timed", task->id,
            "\"index\":%d,\"measured\":true,\"check\":{\"index\":%d,\"verdict\":\"pass\"},"
            "\"figures\":{\"speedup\":4,\"low\":3.9,\"high\":4.1,\"pairs\":2,\"student_us\":10,"
            "\"baseline_us\":40,\"noisy\":false,\"uneven\":false,\"ratios\":[3.9,4.1]}",
            i, i);
    say_done(task, task->is_timing ? "timed" : "checked");
}

/* True for the first one who asks, whoever lived before. */
static int first_time(const char *word)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", marks, word);
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void note_run(const struct task *task)
{
    char path[4096];
    char line[64];
    snprintf(path, sizeof path, "%s/runs", marks);
    int fd = open(path, O_CREAT | O_APPEND | O_WRONLY, 0600);
    int size = snprintf(line, sizeof line, "%lld\n", task->id);
    if (fd < 0 || write(fd, line, (size_t)size) != size)
        exit(1);
    close(fd);
}

/* Blocks until somebody writes into the pipe "go". */
static void wait_for_go(void)
{
    char path[4096];
    char byte;
    snprintf(path, sizeof path, "%s/go", marks);
    int fd = open(path, O_RDONLY);
    if (fd < 0 || read(fd, &byte, 1) != 1)
        exit(1);
    close(fd);
}

static int is(const struct task *task, const char *word)
{
    return strncmp(task->word, word, strlen(word)) == 0;
}

static void serve(const struct task *task)
{
    note_run(task);
    if (is(task, "die_unheard"))
        exit(1);
    if (is(task, "broken_when_timed") && task->is_timing) {
        say_compiled(task, "false");
        say_done(task, "compile_error");
        return;
    }
    say_compiled(task, "true");
    if (!task->is_timing)
        say_case(task, 0);
    if (is(task, "die_once") ? first_time("die_once") : is(task, "die"))
        exit(1);
    if (is(task, "fail_once") ? first_time("fail_once") : is(task, "fail")) {
        say_done(task, "system_error");
        return;
    }
    if (is(task, "linger_once") && first_time("linger_once")) {
        if (fork() == 0) { /* a grandchild keeps the socket open, for longer than a test waits */
            alarm(90);
            for (;;)
                pause();
        }
        exit(1);
    }
    if (is(task, "silent_once") && first_time("silent_once"))
        for (;;)
            pause();
    if (is(task, "garbage_once") && first_time("garbage_once")) {
        if (write(wire, "\377\377\377\377 what is this?", 18) != 18)
            exit(1);
        for (;;)
            pause();
    }
    if (is(task, "babble_once") && first_time("babble_once"))
        for (;;) {
            say_case(task, 1);
            usleep(50000);
        }
    if (is(task, "stray")) { /* the job before, and one to come */
        const struct task before = {.id = task->id - 1};
        const struct task next = {.id = task->id + 1};
        say_done(&before, "compile_error");
        say_done(&next, "compile_error");
    }
    if (is(task, "twist") && !task->is_timing) {
        say_done(task, "timed");
        return;
    }
    if (is(task, "wait") && !task->is_timing)
        wait_for_go();
    if (is(task, "doubt_once") && task->is_timing && first_time("doubt_once")) {
        ranked = "false";
        say_hello();
        say_done(task, "system_error");
        return;
    }
    be_right(task, 1);
}

static int read_all(char *bytes, size_t size)
{
    for (size_t have = 0; have < size;) {
        ssize_t got = read(wire, bytes + have, size - have);
        if (got <= 0)
            return 0;
        have += (size_t)got;
    }
    return 1;
}

int main(int argc, char **argv)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* as the real one */
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--fd") == 0)
            wire = atoi(argv[i + 1]);
        if (strcmp(argv[i], "--cache") == 0)
            marks = argv[i + 1];
        if (strcmp(argv[i], "--backend") == 0)
            ranked = strcmp(argv[i + 1], "auto") == 0 ? "true" : "false";
    }
    if (access(marks, F_OK) == 0) {
        char path[4096];
        snprintf(path, sizeof path, "%s/mute", marks);
        if (access(path, F_OK) == 0 && first_time("was_mute"))
            for (;;)
                pause();
    }
    say_hello();
    for (;;) {
        static char text[1 << 20];
        unsigned char length[4];
        if (!read_all((char *)length, 4))
            return 0;
        size_t size = (size_t)length[1] << 16 | (size_t)length[2] << 8 | length[3];
        if (!read_all(text, size))
            return 0;
        text[size] = 0;
        struct task task = {.is_timing = strstr(text, "\"kind\":\"time\"") != NULL,
                            .word = text + strlen(text) + 1};
        const char *id = strstr(text, "\"id\":");
        task.id = id != NULL ? atoll(id + 5) : 0;
        serve(&task);
    }
}
