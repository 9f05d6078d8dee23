/* `sandbox bench`: its options, and its figures for people and for programs. */
#include "sandbox/base/buf.h"
#include "sandbox/base/json_out.h"
#include "sandbox/bench.h"
#include "sandbox/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define ROUNDS 200
#define ROUNDS_MIN 3
#define ROUNDS_MAX 100000
#define DIGITS 4

struct options {
    unsigned rounds;
    const char *program; /* NULL: this one */
    bool json, help;
};

static bool parse(int argc, char **argv, struct options *out);
static void print_text(const struct bench_report *report);
static void print_json(const struct bench_report *report);

int command_bench(int argc, char **argv)
{
    struct options options = {.rounds = ROUNDS};
    bool understood = parse(argc, argv, &options);
    if (!understood || options.help) {
        fprintf(understood ? stdout : stderr,
                "sandbox bench [--rounds N] [--program FILE] [--json]\n"
                "Runs one program that ends at once in every way there is here, by turns, and\n"
                "prints medians and ratios. N is %d .. %d, %d without it; FILE is a static\n"
                "program that ends at once, and with `bench-program spin` never; without it,\n"
                "sandbox itself. Peers that are not installed (bwrap, isolate) are skipped.\n",
                ROUNDS_MIN, ROUNDS_MAX, ROUNDS);
        return understood ? COMMAND_FINE : COMMAND_USAGE;
    }
    struct bench_report report;
    struct err err = bench_measure(options.rounds, options.program, &report);
    if (err_is(err)) {
        fprintf(stderr, "sandbox bench: %s\n", err.text);
        return COMMAND_FAILED;
    }
    if (options.json)
        print_json(&report);
    else
        print_text(&report);
    return COMMAND_FINE;
}

static bool parse(int argc, char **argv, struct options *out)
{
    for (int at = 1; at < argc; at++) {
        if (strcmp(argv[at], "--json") == 0) {
            out->json = true;
        } else if (strcmp(argv[at], "--help") == 0) {
            out->help = true;
        } else if (strcmp(argv[at], "--program") == 0 && at + 1 < argc) {
            out->program = argv[++at];
        } else if (strcmp(argv[at], "--rounds") == 0 && at + 1 < argc) {
            char *end = NULL;
            long rounds = strtol(argv[++at], &end, 10);
            if (*end != '\0' || rounds < ROUNDS_MIN || rounds > ROUNDS_MAX)
                return false;
            out->rounds = (unsigned)rounds;
        } else {
            return false;
        }
    }
    return true;
}

static void print_text(const struct bench_report *report)
{
    struct utsname host = {.release = "?"};
    (void)uname(&host); /* then it stays unknown */
    printf("back end %s, %ld processors, Linux %s, %u rounds by turns\n\n", report->backend,
           sysconf(_SC_NPROCESSORS_ONLN), host.release, report->rounds);
    printf("%-24s %10s %10s %10s %8s   %s\n", "one run", "median us", "p90 us", "of spawn",
           "of hot", "goal");
    for (size_t i = 0; i < report->rows_count; i++) {
        const struct bench_row *row = &report->rows[i];
        if (row->skipped[0] != '\0')
            printf("%-24s skipped: %s\n", row->name, row->skipped);
        else
            printf("%-24s %10.0f %10.0f %10.2f %8.2f   %s\n", row->name, row->median_us,
                   row->p90_us, row->ratio, row->ratio_to_hot, row->goal);
    }
    printf("\n%-24s %10s %10s\n", report->freezer, "p50 us", "p99 us");
    printf("%-24s %10.1f %10.1f\n", "freeze", report->freeze_p50_us, report->freeze_p99_us);
    printf("%-24s %10.1f %10.1f\n", "thaw", report->thaw_p50_us, report->thaw_p99_us);
    printf("%-24s %10.1f %10.1f   p50 <= 100\n", "both", report->both_p50_us, report->both_p99_us);
    printf("\n%-24s %10s %10s %10s\n", "runs per second", "one", "two", "ratio");
    const struct {
        const char *name;
        const struct bench_pair *pair;
        const char *goal;
    } pairs[] = {
        {"slots, 20 ms of work", &report->work, ">= 1.6"},
        {"slots, nothing to do", &report->slots, ">= 1.6, where posix_spawn has it"},
        {"posix_spawn, nothing", &report->spawns, "what this host can do"},
    };
    for (size_t i = 0; i < COUNT(pairs); i++)
        printf("%-24s %10.0f %10.0f %10.2f   %s\n", pairs[i].name, pairs[i].pair->one_per_second,
               pairs[i].pair->two_per_second, pairs[i].pair->two_by_one, pairs[i].goal);
}

static void print_json(const struct bench_report *report)
{
    auto_buf struct buf text = buf_of(65536);
    struct json_out json = {.out = &text};
    json_open(&json, NULL, '{');
    json_text(&json, "backend", report->backend);
    json_integer(&json, "rounds", report->rounds);
    json_open(&json, "runs", '[');
    for (size_t i = 0; i < report->rows_count; i++) {
        const struct bench_row *row = &report->rows[i];
        json_open(&json, NULL, '{');
        json_text(&json, "name", row->name);
        if (row->skipped[0] != '\0') {
            json_text(&json, "skipped", row->skipped);
        } else {
            json_real(&json, "median_us", row->median_us, DIGITS);
            json_real(&json, "p90_us", row->p90_us, DIGITS);
            json_real(&json, "of_spawn", row->ratio, DIGITS);
            json_real(&json, "of_hot", row->ratio_to_hot, DIGITS);
        }
        json_close(&json, '}');
    }
    json_close(&json, ']');
    const struct {
        const char *name;
        double value;
    } figures[] = {
        {"freeze_p50_us", report->freeze_p50_us},
        {"freeze_p99_us", report->freeze_p99_us},
        {"thaw_p50_us", report->thaw_p50_us},
        {"thaw_p99_us", report->thaw_p99_us},
        {"both_p50_us", report->both_p50_us},
        {"both_p99_us", report->both_p99_us},
        {"one_per_second", report->slots.one_per_second},
        {"two_per_second", report->slots.two_per_second},
        {"two_by_one", report->slots.two_by_one},
        {"work_per_second", report->work.one_per_second},
        {"work_two_per_second", report->work.two_per_second},
        {"work_two_by_one", report->work.two_by_one},
        {"spawns_per_second", report->spawns.one_per_second},
        {"spawns_two_per_second", report->spawns.two_per_second},
        {"spawns_two_by_one", report->spawns.two_by_one},
    };
    json_text(&json, "freezer", report->freezer);
    for (size_t i = 0; i < COUNT(figures); i++)
        json_real(&json, figures[i].name, figures[i].value, DIGITS);
    json_close(&json, '}');
    buf_text(&text, "\n");
    printf("%s", text.at);
}
