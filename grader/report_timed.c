/* The part `timed` of the text report: one line per ranked case, and the speed group. */
#include "grader/report_parts.h"
#include "grader/retime.h"
#include "grader/words.h"

#include <math.h>
#include <string.h>

static void timed_row(struct page *page, int index);
static void speed_write(struct page *page);
static void not_timed(struct page *page);

bool report_timed(struct page *page)
{
    const struct report *report = page->report;
    struct report_text *cursor = page->cursor;
    for (; cursor->timed_told < report->spec->cases_count; cursor->timed_told++) {
        int i = cursor->timed_told;
        if (!report->spec->groups[report->spec->cases[i].group].is_speed)
            continue;
        if (!report->has_timed[i] && !stage_is_final(page->report->stage))
            return false;
        if (!report->has_timed[i] || !report_shows(report, i, page->view))
            continue;
        if (cursor->column == 0) {
            report_label(page, "text_timed");
            buf_printf(page->out, "%s\n", words_of("text_against", page->language));
            cursor->column = 1; /* the heading is there */
        }
        timed_row(page, i);
    }
    if (!stage_is_final(page->report->stage))
        return false;
    if (cursor->column != 0)
        speed_write(page);
    else if (report->stage == STAGE_GRADED && report->checking_done)
        not_timed(page);
    return true;
}

static void timed_row(struct page *page, int index)
{
    const struct wire_timed *timed = &page->report->timed[index];
    struct buf *out = page->out;
    buf_text(out, "  ");
    lines_pad(out, page->report->spec->cases[index].name, 8);
    if (!timed->measured) {
        bool right = timed->check.verdict == VERDICT_PASS;
        buf_printf(out, "  %s\n",
                   right ? words_of("text_not_measured", page->language)
                         : report_verdict(timed->check.verdict, page->language));
        return;
    }
    buf_printf(out, "%6.2fx  ", timed->speedup);
    words_put(out, page->language, "text_interval", timed->low, timed->high);
    bool milliseconds = timed->baseline_us >= 1000;
    double unit = milliseconds ? 1000 : 1;
    buf_printf(out, "   %.3g -> %.3g %s   ", timed->baseline_us / unit, timed->student_us / unit,
               milliseconds ? "ms" : "us");
    words_put(out, page->language, "text_pairs", (long long)timed->pairs);
    if (timed->noisy)
        buf_printf(out, "  %s", words_of("text_noisy", page->language));
    buf_text(out, "\n");
}

static void speed_write(struct page *page)
{
    const struct report *report = page->report;
    for (int g = 0; g < report->spec->groups_count; g++) {
        if (!report->spec->groups[g].is_speed || !report_has_score(report))
            continue;
        report_group(page, report->spec->groups[g].name, &report->points.groups[g]);
        buf_text(page->out, "   ");
        if (report->target > 1) {
            double doublings = log2(report->target);
            words_put(page->out, page->language, "text_doubling",
                      (double)report->spec->groups[g].points / 100 / doublings, report->target);
        } else {
            buf_text(page->out, words_of("text_no_target", page->language));
        }
        buf_text(page->out, "\n");
    }
    if (report->has_hello && !report->hello.ranked) {
        const char *why = report->hello.unranked_why;
        auto_buf struct buf line = buf_of(512);
        words_put(&line, page->language, "text_unranked", why);
        buf_text(page->out, "  ");
        (void)lines_wrap(page->out, 2, 2, line.at);
        buf_text(page->out, "\n");
    }
}

/* Right, yet no speed: say why, so that nobody waits for it. */
static void not_timed(struct page *page)
{
    const struct report *report = page->report;
    const char *code = NULL;
    if (*report->only_case != 0 || !report_all_correct(report))
        return;
    if (strcmp(report->code, REPORT_TIMING_FAILED) == 0)
        code = "timing_failed_message";
    else if (report->no_timing)
        code = "text_not_timed_asked";
    else if (report->has_hello && !report->hello.ranked)
        code = "text_not_timed_here";
    else if (report->target <= 1)
        code = "text_not_timed_target";
    if (code == NULL)
        return;
    auto_buf struct buf line = buf_of(512);
    words_put(&line, page->language, code, report->hello.unranked_why);
    if (report->id > 0 && retime_is_due(report)) {
        buf_text(&line, page->language == LANGUAGE_EN ? ". " : "。");
        words_put(&line, page->language, "text_retime", (long long)report->id);
    }
    (void)lines_wrap(page->out, 0, 0, line.at);
    buf_text(page->out, "\n");
}
