/* `grader check`: does an assignment tell right from wrong? Every correct variant must pass, every
 * wrong mutant must fail, through the same worker as a submission. */
#include "assignments/adapter.h"
#include "assignments/expectation.h"
#include "grader/batch.h"
#include "grader/calibrate.h"
#include "grader/command.h"
#include "grader/commands.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: grader check ASSIGNMENT [--dir FOLDER] [--backend B] [--assignments FOLDER]\n"
    "                               [--seeds N] [--no-timing]\n"
    "Says whether the header agrees and every declared maximum is asked for by some case;\n"
    "grades the baseline and the expert, which must pass what they are the measure of, then\n"
    "FOLDER/correct/*.c, which must all pass, and FOLDER/wrong/*.c, which must all fail: where\n"
    "their first line says so, in these groups or cases. Each of N times (--seeds, 1) with other\n"
    "inputs. Names the cases without which a mutant would have passed.\n"
    "FOLDER is tests/submissions/ASSIGNMENT unless given. Then the expert is timed, and a ranked\n"
    "case is refused that it fails, whose target it misses, that is too short for the clock, or\n"
    "whose wall budget is too small; --no-timing leaves that out.\n"
    "Exit code: 0 if all is as it should be, 1 if not, 3 if grading failed on our side.\n"
    "A file that is refused is said with its field and the reason, and exits 1.\n";

#define SEEDS_MAX 100
#define NAME_SHOWN 48
#define SOURCE_MAX ((size_t)1 << 20)

struct tally {
    const struct spec *spec;
    const char *kind, *folder; /* of the files that are graded now */
    bool should_pass;
    int right, wrong, ours;
    double worst; /* error ratio of a correct variant */
    /* By case: in how many runs of a mutant it was the only one that failed, and the last such. */
    int alone[SPEC_CASES_MAX];
    char whom[SPEC_CASES_MAX][NAME_SHOWN];
};

struct question {
    const struct try_place *place;
    const struct spec *spec;
    const char *folder, *backend;
    long seeds;
    bool timing;
};

static int check_all(const struct question *question);
static bool header_agrees(const struct try_place *place, const struct spec *spec);
static bool maxima_asked(const struct spec *spec);
static int check_trusted(const struct try_place *place, const char *backend, struct tally *tally);
static int check_ranked(const struct try_place *place, const struct spec *spec,
                        const char *backend);
static int ranked_faults(const struct try_place *place, const struct calibration *got,
                         const struct spec *spec);
static int check_kind(const struct try_place *place, const char *folder, const char *backend,
                      struct tally *tally);
static int check_files(const struct try_place *place, const char *folder,
                       const struct batch_files *files, const char *backend, struct tally *tally);
static void on_graded(void *context, const char *path, const struct report *report, struct err err);
static bool is_as_promised(const struct tally *tally, const char *path, const struct report *report,
                           char *words, size_t size);
static struct err expectation_of(const struct tally *tally, const char *path,
                                 struct expectation *out);
static void alone_note(struct tally *tally, const char *path, const struct report *report);
static void alone_print(const struct tally *tally);
static bool is_tried(const struct report *report, int index);
static bool is_wrong(const struct report *report, int index);
static void first_words(const struct report *report, char *out, size_t size);

int command_check(int argc, char **argv)
{
    bool want_help = false;
    bool no_timing = false;
    const char *folder = NULL;
    const char *backend = NULL;
    const char *overlay = NULL;
    const char *seeds = NULL;
    const struct command_option options[] = {
        {"--help", &want_help, NULL},  {"--no-timing", &no_timing, NULL},
        {"--seeds", NULL, &seeds},     {"--dir", NULL, &folder},
        {"--backend", NULL, &backend}, {"--assignments", NULL, &overlay}};
    if (!command_options(&argc, argv, options, COUNT(options)))
        return COMMAND_USAGE;
    if (want_help || argc != 2) {
        fputs(help, want_help ? stdout : stderr);
        return want_help ? 0 : COMMAND_USAGE;
    }
    char *end = NULL;
    const long count = seeds != NULL ? strtol(seeds, &end, 10) : 1;
    if (count < 1 || count > SEEDS_MAX || (end != NULL && *end != '\0')) {
        fprintf(stderr, "grader check: --seeds wants 1 to %d\n", SEEDS_MAX);
        return COMMAND_USAGE;
    }
    if (!child_backend_fits(backend, "check"))
        return COMMAND_USAGE;
    if (sodium_init() < 0)
        abort();
    struct try_place place;
    struct err err = try_place_open(&place, overlay);
    const struct spec *spec = err_is(err) ? NULL : try_spec(&place, argv[1]);
    if (spec == NULL) {
        fprintf(stderr, "grader check: %s%s\n", err_is(err) ? err.text : "no assignment ",
                err_is(err) ? "" : argv[1]);
        try_place_close(&place);
        return err.code == ERR_INPUT ? 1 : err_is(err) ? 3 : COMMAND_USAGE;
    }
    char preset[4096 + 128];
    (void)snprintf(preset, sizeof preset, "%s/tests/submissions/%s", place.home,
                   spec->name); /* fits */
    const struct question question = {&place,  spec,  folder != NULL ? folder : preset,
                                      backend, count, !no_timing};
    int code = check_all(&question);
    try_place_close(&place);
    return code;
}

static int check_all(const struct question *question)
{
    const struct try_place *place = question->place;
    const struct spec *spec = question->spec;
    struct tally trusted = {.spec = spec, .kind = "trusted", .should_pass = true};
    struct tally right = {.spec = spec, .kind = "correct", .should_pass = true};
    struct tally wrong = {.spec = spec, .kind = "wrong"};
    bool agrees = header_agrees(place, spec) & maxima_asked(spec);
    int code = check_trusted(place, question->backend, &trusted);
    for (long seed = 0; seed < question->seeds && code == 0; seed++) {
        code = check_kind(place, question->folder, question->backend, &right);
        if (code == 0)
            code = check_kind(place, question->folder, question->backend, &wrong);
    }
    if (code != 0)
        return code;
    alone_print(&wrong);
    printf("%s: %d of %d correct variants pass (largest error %.2f of its bound), %d of %d "
           "wrong mutants fail\n",
           spec->name, right.right, right.right + right.wrong, right.worst, wrong.right,
           wrong.right + wrong.wrong);
    bool told = right.wrong + wrong.wrong == 0 && right.right > 0 && wrong.right > 0;
    if (trusted.wrong > 0)
        printf("%s: its cases or bounds ask for more than its own baseline and expert give\n",
               spec->name);
    code = agrees && told && trusted.wrong == 0 ? 0 : 1;
    if (code == 0 && question->timing)
        code = check_ranked(place, spec, question->backend);
    return trusted.ours + right.ours + wrong.ours > 0 ? 3 : code;
}

/* The prototype that students see is the one that the adapter calls. */
static bool header_agrees(const struct try_place *place, const struct spec *spec)
{
    char path[4096 + 128];
    auto_buf struct buf header = buf_of((size_t)1 << 20);
    (void)snprintf(path, sizeof path, "%.4000s/assignments/%s/%s.h", place->home, spec->name,
                   spec->name); /* fits */
    struct err err = fdio_read_file(path, &header);
    if (!err_is(err))
        err = adapter_check(spec, header.at, header.size, path);
    printf("%-4s %-8s %s\n", err_is(err) ? "BAD" : "ok", "header",
           err_is(err) ? err.text : "its prototype agrees with the arguments");
    return !err_is(err);
}

/* What the header declares and no case asks for, nobody has to handle. */
static bool maxima_asked(const struct spec *spec)
{
    int argument = spec_maximum_unasked(spec);
    char words[128] = "every declared maximum is asked for";

    if (argument >= 0)
        (void)snprintf(
            words, sizeof words, "no correctness case has %s %lld, which is its declared maximum",
            spec->arguments[argument].name, (long long)spec->arguments[argument].max); /* fits */
    printf("%-4s %-8s %s\n", argument >= 0 ? "BAD" : "ok", "maxima", words);
    return argument < 0;
}

/* A bound that they fail is no bound. */
static int check_trusted(const struct try_place *place, const char *backend, struct tally *tally)
{
    char baseline[] = "baseline.c", expert[] = "expert.c";
    char *paths[] = {baseline, expert};
    const struct batch_files files = {.paths = paths, .count = COUNT(paths)};
    char folder[4096];

    (void)snprintf(folder, sizeof folder, "%.3900s/reference/%s", place->home,
                   tally->spec->name); /* fits */
    return check_files(place, folder, &files, backend, tally);
}

/* Times the expert once, as a submission is timed. */
static int check_ranked(const struct try_place *place, const struct spec *spec, const char *backend)
{
    const struct child_options options = {
        .home = place->home, .overlay = place->overlay, .backend = backend};
    auto_free struct calibration *got = calloc(1, sizeof *got);
    struct child child;
    if (got == NULL)
        abort();
    struct err err = child_start(&child, &options);
    if (!err_is(err)) {
        err = calibrate_measure(got, &child, place->home, spec, 0);
        int stopped = child.interrupted ? child.signal : 0;
        child_stop(&child);
        if (stopped != 0)
            (void)raise(stopped);
    }
    if (err_is(err) && got->hello.processors > 0 && !got->hello.ranked) {
        printf("%s: its ranked cases were not tried: %s\n", spec->name, got->hello.unranked_why);
        return 0;
    }
    if (err_is(err) && err.code != ERR_INPUT) {
        fprintf(stderr, "grader check: %s\n", err.text);
        return 3;
    }
    return ranked_faults(place, got, spec);
}

static int ranked_faults(const struct try_place *place, const struct calibration *got,
                         const struct spec *spec)
{
    int faults = 0;
    for (int i = 0; i < spec->cases_count; i++) {
        struct calibrate_fault fault;
        if (!spec->groups[spec->cases[i].group].is_speed ||
            !calibrate_complaint(spec, i, &got->cases[i], got->hello.class_name,
                                 spec_target(spec, got->hello.class_name), &fault))
            continue;
        printf("BAD  ranked   %s/%s/assignment.json: %s: %s\n",
               place->overlay != NULL ? place->overlay : "assignments", spec->name, fault.field,
               fault.reason);
        faults++;
    }
    if (faults == 0)
        printf("%s: every ranked case is a measure: the expert reaches %.2fx together, full marks "
               "are at %.3gx\n",
               spec->name, got->expert, spec_target(spec, got->hello.class_name));
    return faults > 0 ? 1 : 0;
}

static int check_kind(const struct try_place *place, const char *folder, const char *backend,
                      struct tally *tally)
{
    char path[4096];
    struct batch_files files = {0};
    int code = 3;

    (void)snprintf(path, sizeof path, "%.4000s/%s", folder, tally->kind); /* fits */
    struct err err = batch_find(&files, path);
    if (err_is(err))
        fprintf(stderr, "grader check: %s\n", err.text);
    else
        code = check_files(place, path, &files, backend, tally);
    batch_release(&files);
    return code;
}

static int check_files(const struct try_place *place, const char *folder,
                       const struct batch_files *files, const char *backend, struct tally *tally)
{
    int stopped = 0;
    tally->folder = folder;
    struct batch_wish wish = {.place = place,
                              .spec = tally->spec,
                              .folder = folder,
                              .backend = backend,
                              .no_timing = true,
                              .patterns_only = true,
                              .graded = on_graded,
                              .context = tally};
    struct err err = batch_run(&wish, files, &stopped);
    if (err_is(err))
        fprintf(stderr, "grader check: %s\n", err.text);
    if (stopped != 0)
        (void)raise(stopped);
    return err_is(err) || stopped != 0 ? 3 : 0;
}

static void on_graded(void *context, const char *path, const struct report *report, struct err err)
{
    struct tally *tally = context;
    char words[128];
    first_words(report, words, sizeof words);
    bool as_it_should = is_as_promised(tally, path, report, words, sizeof words);
    if (!err_is(err) && !tally->should_pass)
        alone_note(tally, path, report);
    if (err_is(err))
        tally->ours++;
    else if (as_it_should)
        tally->right++;
    else
        tally->wrong++;
    for (int i = 0; i < report->spec->cases_count; i++)
        if (report->has_case[i] && report->cases[i].has_error_ratio &&
            report->cases[i].error_ratio > tally->worst)
            tally->worst = report->cases[i].error_ratio;
    printf("%-4s %-8s %-28s %s\n", as_it_should ? "ok" : "BAD", tally->kind, path,
           err_is(err) ? err.text : words);
    (void)fflush(stdout); /* progress for whoever watches */
}

/* words: what is said of it; more, if its first line promised more. */
static bool is_as_promised(const struct tally *tally, const char *path, const struct report *report,
                           char *words, size_t size)
{
    bool tried[SPEC_CASES_MAX], wrong[SPEC_CASES_MAX];
    struct expectation expectation;
    const int code = report_exit_code(report);

    if (tally->should_pass)
        return code == 0;
    if (code != 1)
        return false;
    struct err err = expectation_of(tally, path, &expectation);
    if (err_is(err)) {
        (void)text_copy(words, size, err.text); /* a cut is fine */
        return false;
    }
    for (int i = 0; i < report->spec->cases_count; i++) {
        tried[i] = is_tried(report, i);
        wrong[i] = is_wrong(report, i);
    }
    const char *missed = expectation_missed(&expectation, report->spec, tried, wrong);
    if (missed != NULL)
        (void)snprintf(words, size, "passes %s, which its first line expects to fail",
                       missed); /* fits */
    return missed == NULL;
}

static struct err expectation_of(const struct tally *tally, const char *path,
                                 struct expectation *out)
{
    char whole[4096 + BATCH_PATH_MAX];
    auto_buf struct buf source = buf_of(SOURCE_MAX);

    (void)snprintf(whole, sizeof whole, "%.4000s/%s", tally->folder, path); /* fits */
    struct err err = fdio_read_file(whole, &source);
    return err_is(err) ? err : expectation_read(out, tally->spec, source.at);
}

static void alone_note(struct tally *tally, const char *path, const struct report *report)
{
    int count = 0, last = 0;

    for (int i = 0; i < report->spec->cases_count; i++) {
        count += is_wrong(report, i);
        last = is_wrong(report, i) ? i : last;
    }
    if (count != 1)
        return;
    tally->alone[last]++;
    (void)text_copy(tally->whom[last], NAME_SHOWN, path); /* a cut is fine */
}

/* No fault: with other inputs another case may kill it too. */
static void alone_print(const struct tally *tally)
{
    for (int i = 0; i < tally->spec->cases_count; i++) {
        const struct spec_case *one = &tally->spec->cases[i];
        char more[32] = "";
        if (tally->alone[i] == 0)
            continue;
        if (tally->alone[i] > 1)
            (void)snprintf(more, sizeof more, " and %d more", tally->alone[i] - 1); /* fits */
        printf("note %-8s %-28s alone kills %s%s%s\n", "case", one->name, tally->whom[i], more,
               one->load_bearing ? "" : "; if always, mark it load_bearing");
    }
}

static bool is_tried(const struct report *report, int index)
{
    return report->has_case[index] && report->cases[index].verdict != VERDICT_NOT_RUN;
}

static bool is_wrong(const struct report *report, int index)
{
    return is_tried(report, index) && report->cases[index].verdict != VERDICT_PASS;
}

/* The first case that is not right, or the stage. */
static void first_words(const struct report *report, char *out, size_t size)
{
    int killers = 0;
    const char *first = NULL;
    for (int i = 0; i < report->spec->cases_count; i++) {
        if (!is_wrong(report, i))
            continue;
        first = first != NULL ? first : report->spec->cases[i].name;
        killers++;
    }
    if (report->stage != STAGE_GRADED)
        (void)snprintf(out, size, "%s %.90s", stage_word(report->stage), report->message);
    else if (killers > 0)
        (void)snprintf(out, size, "fails %d, first %s", killers, first);
    else
        (void)text_copy(out, size, "passes");
}
