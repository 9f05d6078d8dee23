/* `grader show ID`, and with --replay the same grading once more on this machine: the source, the
 * version and the key that are stored, so the same inputs. Nothing is written. */
#include "grader/command.h"
#include "grader/commands.h"
#include "grader/life.h"
#include "grader/serve_settings.h"
#include "grader/try.h"
#include "sandbox/base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct replay;
static bool take_flag(int *argc, char **argv, const char *flag);
static int replay_run(int argc, char **argv);
static struct err replay_read(struct replay *replay, const char *path, int64_t id);
static struct err replay_grade(struct replay *replay);
static int replay_compare(const struct replay *replay);

#define WORDS_MAX 32
#define EXIT_DIFFERS 1
#define EXIT_OURS 3

struct replay {
    struct try_place place;
    struct versions versions;
    struct submission_row row;
    struct buf source;
    struct report *stored;
    struct report *again;
    const struct spec *spec;
};

int command_show(int argc, char **argv)
{
    char *words[WORDS_MAX + 1] = {NULL};
    if (argc > WORDS_MAX) {
        fprintf(stderr, "grader show: %d words are too many: see `grader show --help`\n", argc);
        return COMMAND_USAGE;
    }
    bool replay = take_flag(&argc, argv, "--replay");
    memcpy(words, argv, (size_t)argc * sizeof argv[0]); /* both readers take flags out */
    int code = command_operation(argc, argv);
    if (argc > 1 && strcmp(words[1], "--help") == 0)
        printf(
            "  --replay         on this machine: grade it once more, on the same inputs, and say "
            "what differs\n                   exit code 1: something does. Nothing is stored\n");
    return replay && code == 0 ? replay_run(argc, words) : code;
}

static bool take_flag(int *argc, char **argv, const char *flag)
{
    bool found = false;
    int kept = 0;
    for (int i = 0; i < *argc; i++) {
        if (strcmp(argv[i], flag) == 0)
            found = true;
        else
            argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    *argc = kept;
    return found;
}

/* What is wrong with the words has been told already. */
static int replay_run(int argc, char **argv)
{
    struct settings origins;
    struct serve_settings settings;
    struct replay *replay = calloc(1, sizeof *replay);
    int64_t id = 0;
    if (replay == NULL)
        abort();
    struct err err = serve_settings_load(&origins, &settings, &argc, argv);
    for (int i = 1; i < argc; i++)
        if (argv[i][0] != '-' && strcmp(argv[i - 1], "--out") != 0)
            id = strtoll(argv[i], NULL, 10);
    buf_init(&replay->source, STORE_EVENTS_MAX);
    if (!err_is(err))
        err = try_place_open(&replay->place,
                             settings.assignments_path[0] != 0 ? settings.assignments_path : NULL);
    if (!err_is(err))
        err = replay_read(replay, settings.database_path, id);
    if (!err_is(err))
        err = replay_grade(replay);
    if (err_is(err))
        fprintf(stderr, "grader show --replay: %s\n", err.text);
    int code = err_is(err) ? EXIT_OURS : replay_compare(replay);
    submissions_report_free(replay->stored);
    submissions_report_free(replay->again);
    versions_release(&replay->versions);
    buf_release(&replay->source);
    try_place_close(&replay->place);
    free(replay);
    return code;
}

static struct err replay_read(struct replay *replay, const char *path, int64_t id)
{
    struct submission_row *row = &replay->row;
    struct grading_row grading;
    struct db db;
    auto_buf struct buf events = buf_of(STORE_EVENTS_MAX);
    bool found = false;
    struct err err = db_open(&db, path, true);
    if (err_is(err))
        return err;
    err = store_submission_get(&db, id, row, &found);
    if (!err_is(err) && found)
        err = store_source(&db, row->source_hash, &replay->source);
    if (!err_is(err) && found)
        err = store_grading_get(&db, id, row->generation, &grading, &events, &found);
    if (!err_is(err) && found) {
        const struct spec *old = versions_find(&replay->versions, &db, replay->place.specs,
                                               replay->place.specs_count, row->measured_hash);
        if (old != NULL)
            replay->stored = report_from_row(old, row, events.at, events.size);
    }
    db_close(&db);
    replay->spec = try_spec(&replay->place, row->assignment);
    if (!err_is(err) && (!found || replay->spec == NULL || replay->stored == NULL))
        err =
            err_make(ERR_INPUT, "#%lld, its assignment or its version is not here", (long long)id);
    return err;
}

static struct err replay_grade(struct replay *replay)
{
    const struct try_wish wish = {.spec = replay->spec,
                                  .source = replay->source.at,
                                  .source_size = replay->source.size,
                                  .file_name = replay->row.file_name,
                                  .device = replay->row.device,
                                  .no_timing = !replay->stored->timing_done,
                                  .key = replay->row.key};
    const struct child_options options = {.home = replay->place.home,
                                          .overlay = replay->place.overlay};
    struct try_hello hello = {0};
    struct child child;
    replay->again = calloc(1, sizeof *replay->again);
    if (replay->again == NULL)
        return err_make(ERR_SYSTEM, "no memory for a report");
    report_init(replay->again, replay->spec);
    if (!try_accept(&wish, replay->again))
        return err_make(ERR_INPUT, "the source is refused today");
    struct err err = child_start(&child, &options);
    if (!err_is(err))
        err = try_grade(&child, &hello, &wish, replay->again);
    child_stop(&child);
    return err;
}

/* Case by case; speed is never twice the same, so that is shown and not compared. */
static int replay_compare(const struct replay *replay)
{
    const struct report_view view = {.everything = true};
    const struct report *again = replay->again;
    int differ = 0;
    int same = 0;
    auto_buf struct buf text = buf_of((size_t)1 << 20);
    printf("\nreplay, on the inputs of the key that is stored%s\n",
           strcmp(replay->stored->spec->hash, replay->spec->hash) == 0
               ? ""
               : " (the assignment has changed since)");
    report_text(&text, again, &view);
    (void)fwrite(text.at, 1, text.size, stdout); /* a closed pipe is the reader's wish */
    for (int i = 0; i < again->spec->cases_count; i++) {
        int old = spec_case_index(replay->stored->spec, again->spec->cases[i].name);
        if (old < 0 || !again->has_case[i] || !replay->stored->has_case[old])
            continue;
        enum verdict before = replay->stored->cases[old].verdict;
        if (again->cases[i].verdict == before)
            same++;
        else if (++differ > 0)
            printf("differs: %s was %s, is %s\n", again->spec->cases[i].name, verdict_word(before),
                   verdict_word(again->cases[i].verdict));
    }
    bool other_end = replay->stored->has_compiled && again->has_compiled &&
                     replay->stored->compiled.good != again->compiled.good;
    if (other_end)
        printf("differs: it %s then, and %s now\n",
               replay->stored->compiled.good ? "compiled" : "did not compile",
               again->compiled.good ? "does" : "does not");
    printf("replay: %d verdicts the same, %d differ\n", same, differ);
    return differ > 0 || other_end ? EXIT_DIFFERS : 0;
}
