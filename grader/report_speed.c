/* How the speed points came about: a small picture of the intervals, what they mean, how they were
 * measured. */
#include "grader/report_parts.h"
#include "grader/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define AXIS_COLUMN 22 /* of 1x */
#define AXIS_WIDTH 28  /* from 1x to full marks */
#define AXIS_SLOWER 4  /* columns left of 1x */
#define AXIS_END (AXIS_COLUMN + AXIS_WIDTH + 1)

struct chart {
    struct buf *out;
    const struct report *report;
    const struct report_view *view;
    enum language language;
    int doublings; /* from 1x to the right end */
};

static void title_write(struct chart *chart);
static void axis_write(struct chart *chart);
static void row_write(struct chart *chart, const char *name, int64_t pairs, double speedup,
                      double low, double high);
static void bar_write(const struct chart *chart, char *line, double low, double high);
static int column_of(const struct chart *chart, double speedup);
static void meaning_write(struct chart *chart);
static void rate_write(struct chart *chart, int index);
static void next_write(struct chart *chart);
static void method_write(struct chart *chart);
static void answer_write(struct chart *chart);

void report_speed_text(struct buf *out, const struct report *report, const struct report_view *view)
{
    struct chart chart = {out, report, view, view->language, 4};
    double highest = report->target > 1 ? report->target : 1;
    bool any = false;
    for (int i = 0; i < report->spec->cases_count; i++) {
        if (!report->has_timed[i] || !report->timed[i].measured || !report_shows(report, i, view))
            continue;
        any = true;
        if (report->target <= 1 && report->timed[i].high > highest)
            highest = report->timed[i].high;
    }
    title_write(&chart);
    if (any) {
        chart.doublings = (int)ceil(log2(highest));
        chart.doublings = chart.doublings < 1 ? 1 : chart.doublings > 7 ? 7 : chart.doublings;
        axis_write(&chart);
        meaning_write(&chart);
        method_write(&chart);
    }
    answer_write(&chart);
}

static void title_write(struct chart *chart)
{
    const struct report *report = chart->report;
    char time[64];
    if (report->id > 0)
        buf_printf(chart->out, "#%lld  ", (long long)report->id);
    buf_text(chart->out, report->spec->name);
    if (report->has_hello)
        words_put(chart->out, chart->language, "speed_class", report->hello.class_name,
                  report->hello.worker);
    int64_t at = report->received_at > 0 ? report->received_at : report->done.started_at;
    if (at > 0)
        buf_printf(chart->out, "  %s",
                   lines_time(at, report->zone_minutes, chart->language, 'm', time, sizeof time));
    buf_text(chart->out, "\n");
}

static void axis_write(struct chart *chart)
{
    const struct report *report = chart->report;
    char marks[AXIS_END + 8];
    auto_buf struct buf head = buf_of(512);
    words_put(&head, chart->language, "speed_interval");
    buf_printf(chart->out, "%*s", AXIS_COLUMN - 7, "");
    buf_printf(chart->out, "%s\n", words_of("speed_slower", chart->language));

    memset(marks, ' ', sizeof marks);
    for (int i = 0; i <= chart->doublings; i++) {
        char mark[16];
        int length = snprintf(mark, sizeof mark, "%dx", 1 << i);
        int end = AXIS_COLUMN + AXIS_WIDTH * i / chart->doublings;
        memcpy(marks + end - length + 2, mark, (size_t)length);
    }
    marks[AXIS_END + 1] = 0;
    buf_text(chart->out, "  ");
    lines_pad(chart->out, words_of("speed_case", chart->language), 10);
    lines_pad(chart->out, words_of("speed_pairs", chart->language), 6);
    buf_printf(chart->out, "%s   %s\n", marks + 18, head.at);

    int shown = 0;
    for (int i = 0; i < report->spec->cases_count; i++) {
        const struct wire_timed *timed = &report->timed[i];
        if (!report->has_timed[i] || !timed->measured || !report_shows(report, i, chart->view))
            continue;
        row_write(chart, report->spec->cases[i].name, timed->pairs, timed->speedup, timed->low,
                  timed->high);
        shown++;
    }
    if (report->points.has_speed && shown > 1)
        row_write(chart, words_of("speed_together", chart->language), 0, report->points.speedup,
                  report->points.low, report->points.high);
    if (report->target > 1)
        words_put(chart->out, chart->language, "speed_legend", report->target);
    else
        words_put(chart->out, chart->language, "speed_legend_no_target");
}

/* pairs 0: a mean, without a bar. */
static void row_write(struct chart *chart, const char *name, int64_t pairs, double speedup,
                      double low, double high)
{
    char line[AXIS_END + 1];
    memset(line, ' ', sizeof line);
    line[AXIS_END] = 0;
    buf_text(chart->out, "  ");
    lines_pad(chart->out, name, 10);
    if (pairs > 0) {
        bar_write(chart, line, low, high);
        buf_printf(chart->out, "%5lld ", (long long)pairs);
    } else {
        buf_printf(chart->out, "%6s", "");
    }
    buf_printf(chart->out, "%s %8.2f     %.2f .. %.2f\n", line + 18, speedup, low, high);
}

static void bar_write(const struct chart *chart, char *line, double low, double high)
{
    for (int i = 0; i <= chart->doublings; i++)
        line[AXIS_COLUMN + AXIS_WIDTH * i / chart->doublings] = '|';
    for (int at = column_of(chart, low); at <= column_of(chart, high); at++)
        line[at] = '=';
}

static int column_of(const struct chart *chart, double speedup)
{
    double at = speedup > 0 ? AXIS_COLUMN + AXIS_WIDTH * log2(speedup) / chart->doublings : 0;
    double least = AXIS_COLUMN - AXIS_SLOWER;
    double most = AXIS_COLUMN + AXIS_WIDTH;
    return (int)lround(at < least ? least : at > most ? most : at);
}

static void meaning_write(struct chart *chart)
{
    buf_printf(chart->out, "%s\n", words_of("speed_meaning", chart->language));
    for (int i = 0; i < chart->report->spec->cases_count; i++)
        if (chart->report->has_timed[i] && chart->report->timed[i].measured &&
            report_shows(chart->report, i, chart->view))
            rate_write(chart, i);
    next_write(chart);
}

/* 10.6 ms for prefill = 12.7 GFLOP/s, at least 0.2 GB/s */
static void rate_write(struct chart *chart, int index)
{
    const struct spec_case *given = &chart->report->spec->cases[index];
    const struct wire_timed *timed = &chart->report->timed[index];
    int64_t operations = 0;
    int64_t bytes = 0;
    words_put(chart->out, chart->language, "speed_rate", timed->student_us / 1000, given->name);
    if (given->flops.count > 0 && timed->student_us > 0 &&
        !err_is(expression_value(&given->flops, given->values, &operations)))
        buf_printf(chart->out, " = %.3g GFLOP/s", (double)operations / timed->student_us / 1000);
    if (given->bytes.count > 0 && timed->student_us > 0 &&
        !err_is(expression_value(&given->bytes, given->values, &bytes)))
        words_put(chart->out, chart->language, "speed_traffic",
                  (double)bytes / timed->student_us / 1000);
    buf_text(chart->out, "\n");
    if (timed->pooled > 0)
        buf_text(chart->out, words_of("speed_pooled", chart->language));
    bool memory = false;
    double share = report_share(chart->report, index, &memory);
    if (share > 0)
        words_put(chart->out, chart->language,
                  memory ? "speed_share_memory" : "speed_share_arithmetic", share * 100);
}

static void next_write(struct chart *chart)
{
    const struct report *report = chart->report;
    for (int g = 0; g < report->spec->groups_count; g++) {
        if (!report->spec->groups[g].is_speed || report->target <= 1 || !report_has_score(report))
            continue;
        double left =
            (double)(report->points.groups[g].max_points - report->points.groups[g].points);
        double doubling = (double)report->spec->groups[g].points / log2(report->target);
        if (report->points.has_speed && report->points.low < 1)
            words_put(chart->out, chart->language, "speed_below");
        else if (left <= 0)
            words_put(chart->out, chart->language, "speed_full");
        else
            words_put(chart->out, chart->language, "speed_next",
                      (doubling < left ? doubling : left) / 100);
    }
}

static void method_write(struct chart *chart)
{
    const struct report *report = chart->report;
    long long pairs = 0;
    bool noisy = false;
    for (int i = 0; i < report->spec->cases_count; i++) {
        if (!report->has_timed[i] || !report->timed[i].measured)
            continue;
        pairs += report->timed[i].pairs;
        noisy = noisy || report->timed[i].noisy;
    }
    words_put(chart->out, chart->language, "speed_method", pairs);
    if (report->has_hello && report->hello.calibration.trials > 0)
        words_put(chart->out, chart->language, "speed_self_test",
                  report->hello.calibration.error * 100, report->hello.calibration.floor_us);
    buf_printf(chart->out, "%s\n",
               words_of(noisy ? "speed_noisy" : "speed_quiet", chart->language));
    if (noisy && report->id > 0) {
        auto_buf struct buf line = buf_of(1024);
        words_put(&line, chart->language, "speed_retime", (long long)report->id);
        buf_text(chart->out, "  ");
        (void)lines_wrap(chart->out, 2, 2, line.at);
        buf_text(chart->out, "\n");
    }
}

static void answer_write(struct chart *chart)
{
    const struct report *report = chart->report;
    if (*report->beyond != 0)
        words_put(chart->out, chart->language, "speed_beyond", report->beyond);
    char got[32];
    char of[32];
    for (int g = 0; g < report->spec->groups_count; g++) {
        const struct rubric_group *points = &report->points.groups[g];
        if (!report->spec->groups[g].is_speed || !report->timing_done || !report_has_score(report))
            continue;
        buf_printf(chart->out, "Speed %s / %s\n",
                   lines_points(points->points, false, got, sizeof got),
                   lines_points(points->max_points, true, of, sizeof of));
        return;
    }
    buf_printf(chart->out, "No speed: %s\n", words_of("speed_none", chart->language));
}
