/* `grader try`: one file, graded here, the report as text or JSON on stdout. */
#include "grader/command.h"
#include "grader/commands.h"
#include "grader/try.h"
#include "grader/words.h"
#include "sandbox/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_REJECTED 2
#define EXIT_OURS 3
#define SPEC_NAMES_MAX 64
#define READ_MAX ((size_t)64 << 20) /* to name the size of a file that is too large */

struct wishes {
    bool help, json, no_timing, speed;
    const char *only_case, *language, *backend, *overlay, *gpu;
};

struct writer_state {
    struct report_text cursor;
    struct report_view view;
    bool quiet; /* JSON, or the speed page: only the end is written */
};

static int refuse_assignment(const struct wishes *wishes, const struct try_place *place,
                             const char *name, enum device device);
static bool has_case(const struct try_wish *wish, const char *name);
static int refuse_case(const struct spec *spec, const char *name);
static enum device device_of(const char *path);
static struct err read_source(const char *path, struct buf *out);
static int grade(const struct wishes *wishes, const struct try_place *place,
                 const struct try_wish *asked);
static void on_changed(void *context, const struct report *report);
static void write_end(const struct wishes *wishes, const struct report *report,
                      struct writer_state *state);
static void explain(const struct child *child, struct err err);
static void put(const struct buf *text);

static const char help[] =
    "usage: grader try ASSIGNMENT FILE [--json] [--no-timing] [--case NAME] [--speed]\n"
    "                  [--lang zh] [--backend B] [--assignments FOLDER] [--gpu WHICH]\n"
    "Grades one file here as the service would: same checks, no server, no account, no root.\n"
    "  --json        the report as one JSON object\n"
    "  --no-timing   correctness alone\n"
    "  --case NAME   one case alone\n"
    "  --speed       how the speed points came about, instead of the report\n"
    "  --lang zh     the report in Chinese\n"
    "  --backend B   how the sandbox limits: cgroup-v2, cgroup-v1, rlimits; default: the best\n"
    "  --assignments FOLDER   a private folder whose assignments win over the shipped ones\n"
    "  --gpu WHICH   auto (default), none, the number of a device, or a file that lists one\n"
    "A FILE that ends in .cu is a GPU submission; - reads the standard input.\n"
    "Exit code: 0 every group passed, 1 graded but not all passed, 2 rejected or did not compile,\n"
    "3 grading failed on our side, 4 compiled only (no GPU here), 64 wrong usage.\n";

int command_try(int argc, char **argv)
{
    struct wishes wishes = {0};
    const struct command_option options[] = {
        {"--help", &wishes.help, NULL},
        {"--json", &wishes.json, NULL},
        {"--no-timing", &wishes.no_timing, NULL},
        {"--speed", &wishes.speed, NULL},
        {"--case", NULL, &wishes.only_case},
        {"--lang", NULL, &wishes.language},
        {"--backend", NULL, &wishes.backend},
        {"--assignments", NULL, &wishes.overlay},
        {"--gpu", NULL, &wishes.gpu},
    };
    if (!command_options(&argc, argv, options, COUNT(options)))
        return COMMAND_USAGE;
    if (wishes.help || argc != 3) {
        fputs(help, wishes.help ? stdout : stderr);
        return wishes.help ? 0 : COMMAND_USAGE;
    }
    if (!child_backend_fits(wishes.backend, "try"))
        return COMMAND_USAGE;
    if (sodium_init() < 0)
        abort();
    (void)signal(SIGPIPE,
                 SIG_IGN); /* cannot fail: a closed stdout must not leave a worker behind */

    struct try_place place;
    struct err err = try_place_open(&place, wishes.overlay);
    if (err_is(err)) {
        fprintf(stderr, "grader try: %s\n", err.text);
        return EXIT_OURS;
    }
    struct try_wish wish = {.spec = try_spec(&place, argv[1]),
                            .file_name = strcmp(argv[2], "-") == 0 ? "stdin.c" : argv[2],
                            .device = device_of(argv[2]),
                            .no_timing = wishes.no_timing,
                            .only_case = wishes.only_case};
    auto_buf struct buf source = buf_of(READ_MAX);
    int code;
    err = read_source(argv[2], &source);
    wish.source = source.at;
    wish.source_size = source.size;
    if (wish.spec == NULL) {
        code = refuse_assignment(&wishes, &place, argv[1], wish.device);
    } else if (wishes.only_case != NULL && !has_case(&wish, wishes.only_case)) {
        code = refuse_case(wish.spec, wishes.only_case);
    } else if (err_is(err)) {
        fprintf(stderr, "grader try: %s\n", err.text);
        code = COMMAND_USAGE;
    } else {
        code = grade(&wishes, &place, &wish);
    }
    try_place_close(&place);
    return code;
}

/* Rejected like any other input: a report that names the nearest assignment and all of them. */
static int refuse_assignment(const struct wishes *wishes, const struct try_place *place,
                             const char *name, enum device device)
{
    enum language language = words_language(NULL, wishes->language);
    const char *names[SPEC_NAMES_MAX];
    size_t count = 0;
    auto_buf struct buf list = buf_of(4096);
    auto_buf struct buf message = buf_of(8192);
    for (; count < place->specs_count && count < SPEC_NAMES_MAX; count++) {
        names[count] = place->specs[count].name;
        buf_printf(&list, "%s%s", count > 0 ? ", " : "", names[count]);
    }
    const char *nearest = text_nearest(name, names, count);
    if (nearest != NULL)
        words_put(&message, language, "http_404", name, nearest, list.at);
    else
        words_put(&message, language, "http_404_list", name, list.at);
    if (!wishes->json) {
        printf("No score: %s\n", message.at);
        return EXIT_REJECTED;
    }
    struct spec *none = calloc(1, sizeof *none);
    struct report *report = calloc(1, sizeof *report);
    if (none == NULL || report == NULL)
        abort();
    struct report_view view = {.language = language};
    auto_buf struct buf out = buf_of(65536);
    (void)text_copy(none->name, sizeof none->name, name); /* a cut is fine */
    report_init(report, none);
    report->device = device;
    report->stage = STAGE_REJECTED;
    (void)text_copy(report->code, sizeof report->code, "http_404");       /* fits */
    (void)text_copy(report->message, sizeof report->message, message.at); /* a cut is fine */
    report_json(&out, report, &view);
    buf_text(&out, "\n");
    put(&out);
    free(report);
    free(none);
    return EXIT_REJECTED;
}

/* Of the device that it is for. */
static bool has_case(const struct try_wish *wish, const char *name)
{
    const struct spec *const spec = wish->spec;
    if (wish->device == DEVICE_CPU)
        return spec_case_index(spec, name) >= 0;
    for (int i = 0; i < spec->gpu_cases_count; i++)
        if (strcmp(spec->gpu_cases[i].name, name) == 0)
            return true;
    const int index = spec_case_index(spec, name);
    return index >= 0 && !spec->groups[spec->cases[index].group].is_speed;
}

static int refuse_case(const struct spec *spec, const char *name)
{
    const char *names[SPEC_CASES_MAX];
    for (int i = 0; i < spec->cases_count; i++)
        names[i] = spec->cases[i].name;
    const char *nearest = text_nearest(name, names, (size_t)spec->cases_count);
    fprintf(stderr, "grader try: %s has no case '%s'.%s%s%s Its cases:", spec->name, name,
            nearest != NULL ? " Did you mean " : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "?" : "");
    for (int i = 0; i < spec->cases_count; i++)
        fprintf(stderr, " %s", names[i]);
    fprintf(stderr, "\n");
    return COMMAND_USAGE;
}

static enum device device_of(const char *path)
{
    size_t length = strlen(path);
    return length > 3 && strcmp(path + length - 3, ".cu") == 0 ? DEVICE_GPU : DEVICE_CPU;
}

static struct err read_source(const char *path, struct buf *out)
{
    bool standard = strcmp(path, "-") == 0;
    auto_close int fd =
        standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) < 0)
        return err_make(ERR_SYSTEM, "open '%.80s'", path);
    if (S_ISDIR(info.st_mode))
        return err_make(ERR_INPUT, "'%.80s' is a folder; name the file in it", path);
    for (;;) {
        char piece[65536];
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_make(ERR_SYSTEM, "read '%.80s'", path);
        if (got == 0)
            return err_none();
        buf_append(out, piece, (size_t)got);
        if (out->failed)
            return err_make(ERR_LIMIT, "'%.80s' is larger than %zu MiB", path, READ_MAX >> 20);
    }
}

static int grade(const struct wishes *wishes, const struct try_place *place,
                 const struct try_wish *asked)
{
    struct report *report = calloc(1, sizeof *report);
    if (report == NULL)
        abort();
    /* The report is the service's own: hidden cases stay their group's count. Who asks for one by
     * name sees it in full: the assignment file lies beside the program anyway. */
    struct writer_state state = {.cursor.live = isatty(STDOUT_FILENO) == 1,
                                 .view = {.everything = wishes->only_case != NULL,
                                          .language = words_language(NULL, wishes->language)},
                                 .quiet = wishes->json || wishes->speed};
    struct try_wish wish = *asked;
    wish.changed = on_changed;
    wish.context = &state;
    report_init(report, wish.spec);

    if (try_accept(&wish, report)) {
        struct child child;
        struct try_hello hello = {0};
        struct child_options options = {.home = place->home,
                                        .overlay = place->overlay,
                                        .backend = wishes->backend,
                                        .gpu = wishes->gpu};
        on_changed(&state, report);
        struct err err = child_start(&child, &options);
        if (!err_is(err))
            err = try_grade(&child, &hello, &wish, report);
        else
            report->stage = STAGE_SYSTEM_ERROR;
        int interrupted = child.interrupted ? child.signal : 0;
        if (err_is(err) && interrupted == 0)
            explain(&child, err);
        child_stop(&child);
        if (interrupted != 0) {
            (void)signal(interrupted, SIG_DFL); /* end as the signal would have ended us */
            (void)raise(interrupted);
        }
    }
    write_end(wishes, report, &state);
    int code = report_exit_code(report);
    report_release(report);
    free(report);
    return code;
}

static void on_changed(void *context, const struct report *report)
{
    struct writer_state *state = context;
    if (state->quiet)
        return;
    auto_buf struct buf text = buf_of(65536);
    report_text_next(&state->cursor, &text, report, &state->view);
    put(&text);
}

static void write_end(const struct wishes *wishes, const struct report *report,
                      struct writer_state *state)
{
    auto_buf struct buf text = buf_of((size_t)1 << 20);
    if (wishes->json) {
        report_json(&text, report, &state->view);
        buf_text(&text, "\n");
    } else if (wishes->speed && report->timing_done) {
        report_speed_text(&text, report, &state->view);
    } else {
        report_text_next(&state->cursor, &text, report, &state->view);
    }
    put(&text);
}

/* Our own failure: the reason goes to stderr, where whoever must mend it looks. */
static void explain(const struct child *child, struct err err)
{
    auto_buf struct buf said = buf_of(65536);
    child_said(child, &said, 16384);
    fprintf(stderr, "grader try: %s\n", err.text);
    if (said.size > 0)
        fprintf(stderr, "%s", said.at);
}

static void put(const struct buf *text)
{
    if (text->size > 0)
        (void)fwrite(text->at, 1, text->size, stdout); /* nobody left to tell if this fails */
    (void)fflush(stdout);
}
