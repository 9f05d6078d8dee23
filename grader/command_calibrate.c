/* `grader calibrate`: the expert against the baseline on this machine, and the target that follows
 * from it; --yes writes it into a private folder of assignments. */
#include "grader/calibrate.h"
#include "grader/command.h"
#include "grader/commands.h"
#include "grader/try.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/json_out.h"
#include "sandbox/base/text.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define TRIALS 3
#define FILE_MAX ((size_t)256 * 1024)
#define EXIT_DOUBT 1
#define EXIT_OURS 3

static const char help[] =
    "usage: grader calibrate ASSIGNMENT [--trials N] [--json] [--backend B]\n"
    "                        [--assignments FOLDER [--yes]]\n"
    "Times the expert against the baseline, and the baseline against itself N times (3), on this\n"
    "machine, as submissions are timed. Proposes 0.8 times the expert as the target of this\n"
    "machine's class. Takes the timing budget of the assignment (6 s) N + 1 times at most.\n"
    "  --json        one JSON object, to keep with an offering\n"
    "  --assignments FOLDER   a private folder whose assignments win over the shipped ones\n"
    "  --yes         write the target, and what the expert reached, into "
    "FOLDER/ASSIGNMENT/assignment.json (made from the "
    "shipped\n"
    "                one if it is missing); the assignment has a new version then\n"
    "Exit code: 0 good, 1 measured but not to be trusted (the lines say why; nothing is written),\n"
    "3 it failed on our side, 64 wrong usage.\n";

struct wishes {
    bool help, json, yes;
    const char *trials, *backend, *overlay;
};

static int calibrate(const struct wishes *wishes, const struct try_place *place,
                     const struct spec *spec, int trials);
static int complain(const struct spec *spec, const struct calibration *got);
static void write_text(const struct spec *spec, const struct calibration *got);
static void write_json(const struct spec *spec, const struct calibration *got);
static struct err store(const struct try_place *place, const struct spec *spec,
                        const struct calibration *got);
static double gigaflops(const struct spec *spec, int index, double microseconds);

int command_calibrate(int argc, char **argv)
{
    struct wishes wishes = {0};
    const struct command_option options[] = {
        {"--help", &wishes.help, NULL},       {"--json", &wishes.json, NULL},
        {"--yes", &wishes.yes, NULL},         {"--trials", NULL, &wishes.trials},
        {"--backend", NULL, &wishes.backend}, {"--assignments", NULL, &wishes.overlay},
    };
    if (!command_options(&argc, argv, options, COUNT(options)))
        return COMMAND_USAGE;
    char *end = NULL;
    long trials = wishes.trials != NULL ? strtol(wishes.trials, &end, 10) : TRIALS;
    if (end != NULL && (*end != '\0' || trials < 1 || trials > CALIBRATE_TRIALS_MAX)) {
        fprintf(stderr, "grader calibrate: --trials wants 1 to %d\n", CALIBRATE_TRIALS_MAX);
        return COMMAND_USAGE;
    }
    if (wishes.help || argc != 2) {
        fputs(help, wishes.help ? stdout : stderr);
        return wishes.help ? 0 : COMMAND_USAGE;
    }
    if (wishes.yes && wishes.overlay == NULL) {
        fprintf(stderr,
                "grader calibrate: --yes writes into the folder that --assignments names\n");
        return COMMAND_USAGE;
    }
    if (!child_backend_fits(wishes.backend, "calibrate"))
        return COMMAND_USAGE;
    if (sodium_init() < 0)
        abort();
    (void)signal(SIGPIPE, SIG_IGN); /* cannot fail: a closed stdout leaves no worker behind */
    struct try_place place;
    struct err err = try_place_open(&place, wishes.overlay);
    const struct spec *spec = err_is(err) ? NULL : try_spec(&place, argv[1]);
    int code = err_is(err) ? EXIT_OURS : COMMAND_USAGE;
    if (spec != NULL)
        code = calibrate(&wishes, &place, spec, (int)trials);
    else
        fprintf(stderr, "grader calibrate: %s%s\n", err_is(err) ? err.text : "no assignment ",
                err_is(err) ? "" : argv[1]);
    try_place_close(&place);
    return code;
}

static int calibrate(const struct wishes *wishes, const struct try_place *place,
                     const struct spec *spec, int trials)
{
    const struct child_options options = {
        .home = place->home, .overlay = place->overlay, .backend = wishes->backend};
    auto_free struct calibration *got = calloc(1, sizeof *got);
    struct child child;
    if (got == NULL)
        abort();
    struct err err = child_start(&child, &options);
    if (!err_is(err)) {
        err = calibrate_measure(got, &child, place->home, spec, trials);
        int interrupted = child.interrupted ? child.signal : 0;
        child_stop(&child);
        if (interrupted != 0) {
            (void)signal(interrupted, SIG_DFL); /* end as the signal would have ended us */
            (void)raise(interrupted);
        }
    }
    if (!err_is(err)) {
        if (wishes->json)
            write_json(spec, got);
        else
            write_text(spec, got);
        int code = complain(spec, got);
        if (code != 0 || !wishes->yes)
            return code;
        err = store(place, spec, got);
    }
    if (err_is(err))
        fprintf(stderr, "grader calibrate: %s\n", err.text);
    return err_is(err) ? EXIT_OURS : 0;
}

/* On stderr, so that the JSON stays one object. The new target, not the one that it replaces. */
static int complain(const struct spec *spec, const struct calibration *got)
{
    int code = 0;
    for (int i = 0; i < spec->cases_count; i++) {
        struct calibrate_fault fault;
        if (!spec->groups[spec->cases[i].group].is_speed ||
            !calibrate_complaint(spec, i, &got->cases[i], got->hello.class_name, 0, &fault))
            continue;
        fprintf(stderr, "not to be trusted: %s: %s\n", fault.field, fault.reason);
        code = EXIT_DOUBT;
    }
    if (got->self_worst > CALIBRATE_SELF_MAX) {
        fprintf(stderr,
                "not to be trusted: the baseline against itself was off by %.1f %%, at most %.0f "
                "%% is asked for; try again when the machine is quiet\n",
                got->self_worst * 100, CALIBRATE_SELF_MAX * 100);
        code = EXIT_DOUBT;
    }
    return code;
}

static void write_text(const struct spec *spec, const struct calibration *got)
{
    printf("%s on %s   %s %s\n", spec->name, got->hello.class_name, got->hello.compiler,
           got->hello.flags);
    for (int i = 0; i < spec->cases_count; i++) {
        const struct calibrate_case *one = &got->cases[i];
        if (!one->measured)
            continue;
        double rate = gigaflops(spec, i, one->student_us);
        printf("  %-10s expert %6.2fx  (%.2f to %.2f)   %.3g -> %.3g ms   %lld pairs",
               spec->cases[i].name, one->speedup, one->low, one->high, one->baseline_us / 1e3,
               one->student_us / 1e3, (long long)one->pairs);
        if (rate > 0)
            printf("   %.3g Gop/s", rate);
        printf("%s\n", one->noisy ? "  noisy" : "");
    }
    printf("self-test  baseline against itself, %d measurements: worst error %.2f %%\n",
           got->self_trials, got->self_worst * 100);
    double now = spec_target(spec, got->hello.class_name);
    printf("expert %.2fx together; target proposed %.3gx", got->expert, got->target);
    if (now > 1)
        printf(", now %.3gx\n", now);
    else
        printf(", now none\n");
}

static void write_json(const struct spec *spec, const struct calibration *got)
{
    auto_buf struct buf out = buf_of(65536);
    struct json_out json = {.out = &out};
    json_open(&json, NULL, '{');
    json_integer(&json, "format", 1);
    json_text(&json, "assignment", spec->name);
    json_text(&json, "spec", spec->hash);
    json_text(&json, "class", got->hello.class_name);
    json_text(&json, "compiler", got->hello.compiler);
    json_text(&json, "flags", got->hello.flags);
    json_text(&json, "worker", got->hello.worker);
    json_open(&json, "cases", '[');
    for (int i = 0; i < spec->cases_count; i++) {
        const struct calibrate_case *one = &got->cases[i];
        if (!one->measured)
            continue;
        json_open(&json, NULL, '{');
        json_text(&json, "case", spec->cases[i].name);
        json_real(&json, "expert", one->speedup, 6);
        json_real(&json, "low", one->low, 6);
        json_real(&json, "high", one->high, 6);
        json_real(&json, "expert_us", one->student_us, 6);
        json_real(&json, "baseline_us", one->baseline_us, 6);
        json_integer(&json, "pairs", one->pairs);
        json_flag(&json, "noisy", one->noisy);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_real(&json, "expert", got->expert, 6);
    json_real(&json, "target", got->target, 6);
    json_real(&json, "self_test_worst", got->self_worst, 6);
    json_integer(&json, "self_test_trials", got->self_trials);
    json_close(&json, '}');
    printf("%s\n", out.at);
}

/* The new file is parsed before the old one is replaced. */
static struct err store(const struct try_place *place, const struct spec *spec,
                        const struct calibration *got)
{
    char folder[4096], path[4096 + 32], from[4096 + 128];
    auto_buf struct buf text = buf_of(FILE_MAX);
    auto_buf struct buf changed = buf_of(FILE_MAX);
    (void)snprintf(folder, sizeof folder, "%.4000s/%s", place->overlay, spec->name); /* fits */
    (void)snprintf(path, sizeof path, "%s/assignment.json", folder);                 /* fits */
    (void)snprintf(from, sizeof from, "%.4000s/assignments/%s/assignment.json", place->home,
                   spec->name); /* fits */
    struct err err = fdio_read_file(path, &text);
    if (err_is(err) && err.sys_errno == ENOENT)
        err = fdio_read_file(from, &text);
    if (!err_is(err))
        err = calibrate_rewrite(&changed, text.at, got->hello.class_name, got->target, got->expert);
    auto_free struct spec *check = malloc(sizeof *check);
    if (check == NULL)
        abort();
    if (!err_is(err))
        err = spec_parse(check, changed.at, changed.size, path);
    if (!err_is(err) && mkdir(folder, 0755) < 0 && errno != EEXIST)
        err = err_make(ERR_SYSTEM, "make the folder '%.100s'", folder);
    if (!err_is(err))
        err = fdio_write_file(path, changed.at, changed.size, 0644);
    if (!err_is(err))
        fprintf(stderr, "wrote %s: the version of %s is now %.12s\n", path, spec->name,
                check->hash);
    return err;
}

static double gigaflops(const struct spec *spec, int index, double microseconds)
{
    const struct spec_case *one = &spec->cases[index];
    int64_t operations = 0;
    bool known = one->flops.count > 0 && microseconds > 0 &&
                 !err_is(expression_value(&one->flops, one->values, &operations));
    return known ? (double)operations / microseconds / 1e3 : 0;
}
