/* `grader batch`: a folder of files into CSV and JUnit XML, with the progress on stderr. */
#include "grader/batch.h"
#include "grader/command.h"
#include "grader/commands.h"
#include "grader/report_parts.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUT_MAX ((size_t)64 * 1024 * 1024)

static const char help[] =
    "usage: grader batch ASSIGNMENT FOLDER [--csv FILE] [--junit FILE] [--no-timing] [--backend "
    "B]\n"
    "Grades every .c and .cu file of FOLDER and of the folders in it (an LMS download).\n"
    "  --csv FILE     one line per file; without it the CSV goes to stdout\n"
    "  --junit FILE   the same as JUnit XML, for continuous integration\n"
    "Columns: file, stage, score, max_score, one per group, message.\n"
    "Exit code: 0 all files were graded, 3 some failed on our side, 64 wrong usage.\n";

struct tables {
    const struct spec *spec;
    struct buf csv, junit;
    size_t done, all;
    int ours, errors, failures;
};

static int batch(const struct try_place *place, const struct batch_wish *asked, const char *csv,
                 const char *junit);
static void csv_head(struct tables *tables);
static void on_graded(void *context, const char *path, const struct report *report, struct err err);
static void csv_row(struct tables *tables, const char *path, const struct report *report);
static void csv_cell(struct buf *out, const char *text, char after);
static void junit_row(struct tables *tables, const char *path, const struct report *report);
static void xml_text(struct buf *out, const char *text);
static struct err deliver(const struct tables *tables, const char *csv, const char *junit);

int command_batch(int argc, char **argv)
{
    bool want_help = false;
    bool no_timing = false;
    const char *csv = NULL;
    const char *junit = NULL;
    const char *backend = NULL;
    const char *overlay = NULL;
    const struct command_option options[] = {
        {"--help", &want_help, NULL},  {"--no-timing", &no_timing, NULL},
        {"--csv", NULL, &csv},         {"--junit", NULL, &junit},
        {"--backend", NULL, &backend}, {"--assignments", NULL, &overlay}};
    if (!command_options(&argc, argv, options, COUNT(options)))
        return COMMAND_USAGE;
    if (want_help || argc != 3) {
        fputs(help, want_help ? stdout : stderr);
        return want_help ? 0 : COMMAND_USAGE;
    }
    if (!child_backend_fits(backend, "batch"))
        return COMMAND_USAGE;
    if (sodium_init() < 0)
        abort();
    struct try_place place;
    struct err err = try_place_open(&place, overlay);
    struct batch_wish wish = {.place = &place,
                              .spec = err_is(err) ? NULL : try_spec(&place, argv[1]),
                              .folder = argv[2],
                              .backend = backend,
                              .no_timing = no_timing};
    int code = err_is(err) ? 3 : COMMAND_USAGE;
    if (wish.spec != NULL)
        code = batch(&place, &wish, csv, junit);
    else
        fprintf(stderr, "grader batch: %s%s\n", err_is(err) ? err.text : "no assignment ",
                err_is(err) ? "" : argv[1]);
    try_place_close(&place);
    return code;
}

static int batch(const struct try_place *place, const struct batch_wish *asked, const char *csv,
                 const char *junit)
{
    struct tables tables = {.spec = asked->spec};
    struct batch_files files = {0};
    int stopped = 0;
    (void)place;
    buf_init(&tables.csv, OUT_MAX);
    buf_init(&tables.junit, OUT_MAX);
    struct batch_wish wish = *asked;
    wish.graded = on_graded;
    wish.context = &tables;
    struct err err = batch_find(&files, wish.folder);
    tables.all = files.count;
    csv_head(&tables);
    if (!err_is(err) && files.count > 0)
        err = batch_run(&wish, &files, &stopped);
    if (isatty(STDERR_FILENO) == 1)
        fprintf(stderr, "\n");
    struct err written = deliver(&tables, csv, junit); /* what was graded before a failure counts */
    err = err_is(err) ? err : written;
    if (err_is(err))
        fprintf(stderr, "grader batch: %s\n", err.text);
    else
        fprintf(stderr, "%zu of %zu files graded, %d failed on our side\n",
                tables.done - (size_t)tables.ours, tables.all, tables.ours);
    buf_release(&tables.csv);
    buf_release(&tables.junit);
    batch_release(&files);
    if (stopped != 0)
        (void)raise(stopped);
    return err_is(err) || tables.ours > 0 || stopped != 0 ? 3 : 0;
}

static void csv_head(struct tables *tables)
{
    buf_text(&tables->csv, "file,stage,score,max_score,");
    for (int g = 0; g < tables->spec->groups_count; g++)
        csv_cell(&tables->csv, tables->spec->groups[g].name, ',');
    buf_text(&tables->csv, "message\r\n");
}

static void on_graded(void *context, const char *path, const struct report *report, struct err err)
{
    struct tables *tables = context;
    tables->done++;
    tables->ours += err_is(err);
    csv_row(tables, path, report);
    junit_row(tables, path, report);
    if (isatty(STDERR_FILENO) == 1) {
        int bar = (int)(tables->done * 30 / tables->all);
        fprintf(stderr, "\r[%.*s%*s] %zu/%zu %-30.30s", bar, "##############################",
                30 - bar, "", tables->done, tables->all, path);
    }
}

static void csv_row(struct tables *tables, const char *path, const struct report *report)
{
    char text[32];
    struct buf *out = &tables->csv;
    bool score = report_has_score(report);
    csv_cell(out, path, ',');
    csv_cell(out, stage_word(report->stage), ',');
    csv_cell(out, score ? lines_points(report->points.score, false, text, sizeof text) : "", ',');
    csv_cell(out, score ? lines_points(report->points.max_score, false, text, sizeof text) : "",
             ',');
    for (int g = 0; g < tables->spec->groups_count; g++)
        csv_cell(out,
                 score ? lines_points(report->points.groups[g].points, false, text, sizeof text)
                       : "",
                 ',');
    csv_cell(out, report->message, '\r');
    buf_text(out, "\n");
}

/* Quoted; a cell that a spreadsheet would run as a formula gets an apostrophe in front. */
static void csv_cell(struct buf *out, const char *text, char after)
{
    buf_text(out, *text != 0 && strchr("=+-@\t\r", *text) != NULL ? "\"'" : "\"");
    for (; *text != 0; text++) {
        if (*text == '"')
            buf_text(out, "\"");
        buf_append(out, text, 1);
    }
    buf_text(out, "\"");
    buf_append(out, &after, 1);
}

static void junit_row(struct tables *tables, const char *path, const struct report *report)
{
    struct buf *out = &tables->junit;
    int code = report_exit_code(report);
    buf_printf(out, "  <testcase classname=\"%s\" name=\"", tables->spec->name);
    xml_text(out, path);
    buf_text(out, "\">");
    if (code != 0) {
        auto_buf struct buf text = buf_of(65536);
        struct report_view view = {.everything = true};
        report_text(&text, report, &view);
        tables->errors += code == 3;
        tables->failures += code != 3;
        buf_printf(out, "<%s message=\"%s\">", code == 3 ? "error" : "failure",
                   stage_word(report->stage));
        xml_text(out, text.at);
        buf_printf(out, "</%s>", code == 3 ? "error" : "failure");
    }
    buf_text(out, "</testcase>\n");
}

static void xml_text(struct buf *out, const char *text)
{
    auto_buf struct buf clean = buf_of((size_t)1 << 20);
    (void)text_sanitise(&clean, text, strlen(text), 1000, 1000); /* XML has no control characters */
    for (const char *at = clean.at; *at != 0; at++) {
        switch (*at) {
        case '<': buf_text(out, "&lt;"); break;
        case '>': buf_text(out, "&gt;"); break;
        case '&': buf_text(out, "&amp;"); break;
        case '"': buf_text(out, "&quot;"); break;
        default: buf_append(out, at, 1); break;
        }
    }
}

static struct err deliver(const struct tables *tables, const char *csv, const char *junit)
{
    struct err err = err_none();
    if (csv == NULL)
        (void)fwrite(tables->csv.at, 1, tables->csv.size, stdout); /* nobody left to tell */
    else
        err = fdio_write_file(csv, tables->csv.at, tables->csv.size, 0600);
    if (junit == NULL || err_is(err))
        return err;
    auto_buf struct buf xml = buf_of(OUT_MAX + 1024);
    buf_printf(
        &xml,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuite name=\"%s\" tests=\"%zu\" failures=\"%d\" errors=\"%d\">\n%s</testsuite>\n",
        tables->spec->name, tables->done, tables->failures, tables->errors, tables->junit.at);
    return fdio_write_file(junit, xml.at, xml.size, 0600);
}
