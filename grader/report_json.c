/* The JSON form of a report: DESIGN section 8 with the additions of INTERFACE. Fields that do not
 * apply are absent. Hidden cases have no rows for students: their group says how many failed. */
#include "grader/report_parts.h"
#include "sandbox/base/json_out.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS 9 /* a float survives the way there and back */

static void put_head(struct json_out *json, const struct report *report);
static void put_score(struct json_out *json, const struct report *report);
static void put_groups(struct json_out *json, const struct report *report);
static void put_cases(struct json_out *json, const struct report *report,
                      const struct report_view *view);
static void put_case(struct json_out *json, const struct report *report, int index,
                     const struct report_view *view);
static void put_mismatch(struct json_out *json, const struct wire_mismatch *mismatch);
static void put_map(struct json_out *json, const struct wire_case *one);
static void put_timing(struct json_out *json, const struct report *report,
                       const struct report_view *view);
static void device_put(struct json_out *json, const struct wire_timed *timed);
static void put_timed(struct json_out *json, const struct report *report, int index,
                      const struct report_view *view);
static void put_speed(struct json_out *json, const struct report *report);
static void put_provenance(struct json_out *json, const struct report *report);
static void put_self_test(struct json_out *json, const struct report *report);
static void text_if(struct json_out *json, const char *name, const char *text);
static const struct wire_case *case_of(const struct report *report, int index);
static bool is_shown(const struct report *report, int index, const struct report_view *view);

void report_json(struct buf *out, const struct report *report, const struct report_view *view)
{
    struct json_out json = {.out = out};
    json_open(&json, NULL, '{');
    put_head(&json, report);
    put_score(&json, report);
    put_groups(&json, report);
    put_cases(&json, report, view);
    put_timing(&json, report, view);
    put_speed(&json, report);
    put_provenance(&json, report);
    json_close(&json, '}');
}

static void put_head(struct json_out *json, const struct report *report)
{
    json_integer(json, "format", 1);
    if (report->id > 0)
        json_integer(json, "id", report->id);
    json_text(json, "assignment", report->spec->name);
    json_text(json, "device", device_word(report->device));
    if (report->has_hello)
        text_if(json, "class", report->hello.class_name);
    if (report->practice)
        json_flag(json, "practice", true);
    if (report->review || report->held)
        json_flag(json, "review", true);
    text_if(json, "cohort", report->cohort);
    text_if(json, "login", report->login);
    if (report->attempt > 0)
        json_integer(json, "attempt", report->attempt);
    if (report->attempts_max > 0 && report->attempts_used >= 0)
        json_integer(json, "attempts_left",
                     report->attempts_used < report->attempts_max
                         ? report->attempts_max - report->attempts_used
                         : 0);
    if (report->received_at > 0)
        json_integer(json, "received_at", report->received_at);
    text_if(json, "commit", report->commit);
    if (report->late_seconds > 0)
        json_integer(json, "late_seconds", report->late_seconds);
    text_if(json, "url", report->url);
    json_text(json, "stage", stage_word(report->stage));
    if (report->queue_position > 0)
        json_integer(json, "queue_position", report->queue_position);
    if (report->queue_position > 0 && report->queue_estimate_s > 0)
        json_integer(json, "queue_estimate_s", report->queue_estimate_s);
    text_if(json, "code", report->code);
    text_if(json, "message", report->message);
    if (report->has_compiled && report->compiled.diagnostics != NULL)
        text_if(json, "diagnostics", report->compiled.diagnostics);
    report_cuda_json(json, report);
}

static void put_score(struct json_out *json, const struct report *report)
{
    if (!report_has_score(report))
        return;
    json_hundredths(json, "score", report->points.score);
    json_hundredths(json, "max_score", report->points.max_score);
}

/* Only when the checking is over: a half-known group would read as a failed one. */
static void put_groups(struct json_out *json, const struct report *report)
{
    const struct spec *spec = report->spec;
    if (!report->checking_done || *report->only_case != 0)
        return;
    json_open(json, "groups", '[');
    for (int g = 0; g < spec->groups_count; g++) {
        const struct rubric_group *group = &report->points.groups[g];
        int hidden = 0;
        int failed = 0;
        for (int i = 0; i < spec->cases_count; i++) {
            if (spec->cases[i].group != g || !spec->cases[i].hidden)
                continue;
            const struct wire_case *one = case_of(report, i);
            hidden++;
            failed +=
                one != NULL && one->verdict != VERDICT_PASS && one->verdict != VERDICT_NOT_RUN;
        }
        json_open(json, NULL, '{');
        json_text(json, "name", spec->groups[g].name);
        if (report_has_score(report)) {
            json_hundredths(json, "points", group->points);
            json_hundredths(json, "max_points", group->max_points);
        }
        json_flag(json, "passed", group->passed);
        if (hidden > 0 && !report->practice)
            json_integer(json, "hidden_failed", failed);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_cases(struct json_out *json, const struct report *report,
                      const struct report_view *view)
{
    bool any = false;
    for (int i = 0; i < report->spec->cases_count; i++)
        any = any || is_shown(report, i, view);
    if (!any)
        return;
    json_open(json, "cases", '[');
    for (int i = 0; i < report->spec->cases_count; i++)
        if (is_shown(report, i, view))
            put_case(json, report, i, view);
    json_close(json, ']');
}

static void put_case(struct json_out *json, const struct report *report, int index,
                     const struct report_view *view)
{
    const struct spec_case *given = &report->spec->cases[index];
    const struct wire_case *one = case_of(report, index);
    if (one == NULL)
        return;
    json_open(json, NULL, '{');
    json_text(json, "name", given->name);
    json_text(json, "group", report->spec->groups[given->group].name);
    if (given->hidden)
        json_flag(json, "hidden", true);
    json_text(json, "verdict", verdict_word(one->verdict));
    text_if(json, "detail", one->detail);
    text_if(json, "code", one->code);
    text_if(json, "hint", report_hint(one->code, view->language));
    if (one->has_error_ratio)
        json_real(json, "error_ratio", one->error_ratio, 6);
    if (one->wall_ms >= 0)
        json_real(json, "wall_ms", one->wall_ms, 6);
    if (one->cpu_ms >= 0)
        json_real(json, "cpu_ms", one->cpu_ms, 6);
    if (one->peak_bytes >= 0)
        json_integer(json, "peak_bytes", one->peak_bytes);
    if (one->signal > 0)
        json_integer(json, "signal", one->signal);
    text_if(json, "syscall", one->syscall);
    if (one->stderr_text != NULL)
        text_if(json, "stderr", one->stderr_text);
    if (one->has_mismatch)
        put_mismatch(json, &one->mismatch);
    put_map(json, one);
    if (report->has_finding && report->finding.index == index)
        report_found_json(json, report, view->language);
    json_close(json, '}');
}

static void put_mismatch(struct json_out *json, const struct wire_mismatch *mismatch)
{
    json_open(json, "mismatch", '{');
    json_text(json, "tensor", mismatch->tensor);
    if (mismatch->rank > 0) {
        json_open(json, "index", '[');
        for (int i = 0; i < mismatch->rank && i < SPEC_RANK_MAX; i++)
            json_integer(json, NULL, mismatch->index[i]);
        json_close(json, ']');
    }
    json_real(json, "expected", mismatch->expected, DIGITS);
    if (mismatch->unwritten)
        json_flag(json, "unwritten", true);
    else
        json_real(json, "got", mismatch->got, DIGITS);
    json_real(json, "error", mismatch->error, DIGITS);
    json_real(json, "bound", mismatch->bound, DIGITS);
    json_integer(json, "wrong_count", mismatch->wrong_count);
    json_integer(json, "of", mismatch->of);
    json_close(json, '}');
}

static void put_map(struct json_out *json, const struct wire_case *one)
{
    if (one->map_rows <= 0 || one->map_columns <= 0)
        return;
    json_open(json, "error_map", '[');
    for (int row = 0; row < one->map_rows && row < WIRE_MAP_MAX; row++) {
        char digits[WIRE_MAP_MAX + 1] = {0};
        for (int column = 0; column < one->map_columns && column < WIRE_MAP_MAX; column++)
            digits[column] = (char)('0' + one->map[row][column] % 10);
        json_text(json, NULL, digits);
    }
    json_close(json, ']');
}

static void put_timing(struct json_out *json, const struct report *report,
                       const struct report_view *view)
{
    bool any = false;
    for (int i = 0; i < report->spec->cases_count; i++)
        any =
            any || (report->has_timed[i] && report->timed[i].measured && is_shown(report, i, view));
    if (!any)
        return;
    json_open(json, "timing", '[');
    for (int i = 0; i < report->spec->cases_count; i++)
        if (report->has_timed[i] && report->timed[i].measured && is_shown(report, i, view))
            put_timed(json, report, i, view);
    json_close(json, ']');
}

/* How the device was while it was timed, and what its clock takes for itself. */
static void device_put(struct json_out *json, const struct wire_timed *timed)
{
    if (timed->floor_us >= 0)
        json_real(json, "floor_us", timed->floor_us, 4);
    if (timed->sm_mhz > 0)
        json_integer(json, "sm_mhz", timed->sm_mhz);
    if (timed->memory_mhz > 0)
        json_integer(json, "memory_mhz", timed->memory_mhz);
    if (timed->clock_reasons > 0)
        json_integer(json, "clock_reasons", timed->clock_reasons);
    if (timed->dropped > 0)
        json_integer(json, "dropped", timed->dropped);
}

static void put_timed(struct json_out *json, const struct report *report, int index,
                      const struct report_view *view)
{
    const struct wire_timed *timed = &report->timed[index];
    json_open(json, NULL, '{');
    json_text(json, "case", report->spec->cases[index].name);
    json_real(json, "speedup", timed->speedup, 6);
    json_real(json, "low", timed->low, 6);
    json_real(json, "high", timed->high, 6);
    json_integer(json, "pairs", timed->pairs);
    json_real(json, "student_us", timed->student_us, 6);
    json_real(json, "baseline_us", timed->baseline_us, 6);
    json_flag(json, "noisy", timed->noisy);
    if (timed->uneven)
        json_flag(json, "uneven", true);
    if (timed->pooled > 0)
        json_flag(json, "pooled", true);
    if (timed->timed_share >= 0)
        json_real(json, "timed_share", timed->timed_share, 3);
    if (report->device == DEVICE_GPU)
        device_put(json, timed);
    bool memory = false;
    double share = report_share(report, index, &memory);
    if (share > 0) {
        json_real(json, "roof_share", share, 3);
        json_text(json, "roof", memory ? "memory" : "arithmetic");
    }
    if (report_has_score(report)) {
        json_hundredths(json, "points", report->points.case_points[index]);
        json_hundredths(json, "max_points", report->points.case_max_points[index]);
    }
    if (view->everything && timed->ratios_count > 0) {
        json_open(json, "ratios", '[');
        for (int i = 0; i < timed->ratios_count && i < WIRE_RATIOS_MAX; i++)
            json_real(json, NULL, timed->ratios[i], 5);
        json_close(json, ']');
    }
    json_close(json, '}');
}

static void put_speed(struct json_out *json, const struct report *report)
{
    if (!report->points.has_speed)
        return;
    json_open(json, "speed", '{');
    text_if(json, "beyond", report->beyond);
    json_real(json, "speedup", report->points.speedup, 6);
    json_real(json, "low", report->points.low, 6);
    json_real(json, "high", report->points.high, 6);
    if (report->target > 1)
        json_real(json, "target", report->target, 6);
    json_close(json, '}');
}

static void put_provenance(struct json_out *json, const struct report *report)
{
    if (*report->spec->hash == 0)
        return; /* an assignment that does not exist: nothing was measured */
    json_open(json, "provenance", '{');
    json_text(json, "spec", report->spec->hash);
    if (report->has_compiled && *report->compiled.compiler != 0) {
        text_if(json, "compiler", report->compiled.compiler);
        text_if(json, "flags", report->compiled.flags);
    } else if (report->has_hello) {
        text_if(json, "compiler", report->hello.compiler);
        text_if(json, "flags", report->hello.flags);
    }
    if (report->has_hello) {
        text_if(json, "worker", report->hello.worker);
        text_if(json, "backend", report->hello.backend);
    }
    put_self_test(json, report);
    if (report->has_done && report->done.started_at > 0)
        json_integer(json, "started_at", report->done.started_at);
    text_if(json, "seed_commitment", report->seed_commitment);
    json_close(json, '}');
}

/* Of the worker that measured. */
static void put_self_test(struct json_out *json, const struct report *report)
{
    const struct wire_calibration *calibration = &report->hello.calibration;
    if (!report->has_hello || calibration->trials == 0)
        return;
    json_open(json, "self_test", '{');
    json_integer(json, "made_at", calibration->made_at);
    json_real(json, "error", calibration->error, 4);
    json_integer(json, "trials", calibration->trials);
    json_real(json, "floor_us", calibration->floor_us, 4);
    json_real(json, "gigaflops", calibration->gigaflops, 4);
    json_real(json, "gigaops", calibration->gigaops, 4);
    json_real(json, "gigabytes", calibration->gigabytes, 4);
    json_close(json, '}');
}

static void text_if(struct json_out *json, const char *name, const char *text)
{
    if (text != NULL && *text != 0)
        json_text(json, name, text);
}

static const struct wire_case *case_of(const struct report *report, int index)
{
    if (report->has_timed[index])
        return &report->timed[index].check;
    return report->has_case[index] ? &report->cases[index] : NULL;
}

static bool is_shown(const struct report *report, int index, const struct report_view *view)
{
    return case_of(report, index) != NULL &&
           (view->everything || !report->spec->cases[index].hidden);
}
