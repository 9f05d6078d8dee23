/* Points from measurements: correctness groups whole or not at all, speed on a log scale. */
#include "assignments/rubric.h"

#include <math.h>
#include <string.h>

static bool all_right(const struct spec *spec, const struct rubric_case *cases, int group);
static void share_groups(const struct spec *spec, int64_t split, struct rubric_result *out);
static void share_points(const struct spec *spec, int group, struct rubric_result *out);
static int64_t score_case(const struct rubric_case *one, double target, int64_t max_points);
static void rank(const struct spec *spec, const struct rubric_case *cases,
                 struct rubric_result *out);
static bool is_measurement(const struct rubric_case *one);

void rubric_score(const struct spec *spec, const struct rubric_case cases[SPEC_CASES_MAX],
                  double target, int64_t split, struct rubric_result *out)
{
    bool correct = true;

    memset(out, 0, sizeof *out);
    share_groups(spec, split, out);
    for (int g = 0; g < spec->groups_count; g++) {
        out->groups[g].passed = all_right(spec, cases, g);
        if (spec->groups[g].is_speed)
            continue;
        out->groups[g].points = out->groups[g].passed ? out->groups[g].max_points : 0;
        correct = correct && out->groups[g].passed;
    }

    for (int g = 0; g < spec->groups_count; g++)
        if (spec->groups[g].is_speed)
            share_points(spec, g, out);
    for (int i = 0; i < spec->cases_count; i++) {
        int group = spec->cases[i].group;
        if (!spec->groups[group].is_speed || !correct)
            continue;
        out->case_points[i] = score_case(&cases[i], target, out->case_max_points[i]);
        out->groups[group].points += out->case_points[i];
    }

    for (int g = 0; g < spec->groups_count; g++) {
        out->score += out->groups[g].points;
        out->max_score += out->groups[g].max_points;
    }
    rank(spec, cases, out);
}

static bool all_right(const struct spec *spec, const struct rubric_case *cases, int group)
{
    for (int i = 0; i < spec->cases_count; i++)
        if (spec->cases[i].group == group && !(cases[i].known && cases[i].right))
            return false;
    return true;
}

/* In whole hundredths; rounding is carried along, so that each side adds up exactly. */
static void share_groups(const struct spec *spec, int64_t split, struct rubric_result *out)
{
    int64_t total[2] = {0, 0}; /* of correctness, of speed */
    for (int g = 0; g < spec->groups_count; g++)
        total[spec->groups[g].is_speed] += spec->groups[g].points;
    bool as_is = split < 0 || split > 100 || total[0] == 0 || total[1] == 0;
    const int64_t wanted[2] = {as_is ? total[0] : (total[0] + total[1]) * split / 100,
                               as_is ? total[1] : (total[0] + total[1]) * (100 - split) / 100};
    int64_t before[2] = {0, 0};
    for (int g = 0; g < spec->groups_count; g++) {
        int side = spec->groups[g].is_speed;
        int64_t upto = before[side] + spec->groups[g].points;
        if (total[side] > 0)
            out->groups[g].max_points =
                wanted[side] * upto / total[side] - wanted[side] * before[side] / total[side];
        before[side] = upto;
    }
}

/* Evenly, in whole hundredths; what does not divide goes to the first cases, one each. */
static void share_points(const struct spec *spec, int group, struct rubric_result *out)
{
    int count = 0, before = 0;

    for (int i = 0; i < spec->cases_count; i++)
        count += spec->cases[i].group == group;
    for (int i = 0; i < spec->cases_count; i++) {
        if (spec->cases[i].group != group)
            continue;
        int64_t points = out->groups[group].max_points;
        out->case_max_points[i] = points / count + (before < points % count ? 1 : 0);
        before++;
    }
}

static int64_t score_case(const struct rubric_case *one, double target, int64_t max_points)
{
    if (!one->known || !one->right || !is_measurement(one) || !(target > 1))
        return 0;
    double part = log(one->low) / log(target);
    if (part <= 0)
        return 0;
    return part >= 1 ? max_points : llround((double)max_points * part);
}

/* The geometric means are over all ranked cases or none: a mean over some would rank a submission
 * that failed on its slow case before one that did not. */
static void rank(const struct spec *spec, const struct rubric_case *cases,
                 struct rubric_result *out)
{
    double speedup = 0, low = 0, high = 0;
    int count = 0;

    for (int i = 0; i < spec->cases_count; i++) {
        if (!spec->groups[spec->cases[i].group].is_speed)
            continue;
        if (!cases[i].known || !cases[i].right || !is_measurement(&cases[i]))
            return;
        speedup += log(cases[i].speedup);
        low += log(cases[i].low);
        high += log(cases[i].high);
        count++;
    }
    if (count == 0)
        return;
    out->has_speed = true;
    out->speedup = exp(speedup / count);
    out->low = exp(low / count);
    out->high = exp(high / count);
}

/* Stored measurements are data like any other: a ratio that is none earns nothing. */
static bool is_measurement(const struct rubric_case *one)
{
    return one->measured && isfinite(one->speedup) && isfinite(one->low) && isfinite(one->high) &&
           one->speedup > 0 && one->low > 0 && one->high > 0;
}
