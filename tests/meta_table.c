/* What came of it: one line per variant, then what a spec has to say about its cases. */
#include "tests/meta.h"

#include <stdio.h>
#include <string.h>

static bool expectation_met(const struct meta *meta, const struct meta_variant *variant,
                            const struct meta_run *run, int wrong, const char **out_words);
static void print_variant(const struct meta *meta, const struct meta_variant *variant);
static void print_cases(const struct meta *meta, const struct meta_variant *variant);
static int print_load_bearing(const struct meta *meta);

void meta_enter(const struct meta *meta, const char *build, int seed, struct meta_variant *variant)
{
    const struct meta_run *run = &meta->runs[seed];
    const char *words = "";
    int wrong = 0, last = 0;

    for (int i = 0; i < meta->spec->cases_count; i++) {
        if (run->ratio[i] > variant->ratio[i] && !run->wrong[i])
            variant->ratio[i] = run->ratio[i];
        if (!run->wrong[i])
            continue;
        variant->killed[i]++;
        wrong++;
        last = i;
    }
    if (wrong == 1)
        variant->alone[last]++;
    variant->fewest = variant->runs == 0 || wrong < variant->fewest ? wrong : variant->fewest;
    variant->most = wrong > variant->most ? wrong : variant->most;
    variant->runs++;
    if (expectation_met(meta, variant, run, wrong, &words))
        return;
    if (variant->bad++ == 0)
        (void)snprintf(variant->bad_words, sizeof variant->bad_words, "%s (%s, seed %d)", words,
                       build, seed);
}

static bool expectation_met(const struct meta *meta, const struct meta_variant *variant,
                            const struct meta_run *run, int wrong, const char **out_words)
{
    bool tried[SPEC_CASES_MAX];

    *out_words = "FALSE REJECTION";
    if (!variant->is_wrong)
        return wrong == 0;
    *out_words = "SURVIVED";
    if (wrong == 0)
        return false;
    if (meta->only_case != NULL)
        return true;
    for (int i = 0; i < meta->spec->cases_count; i++)
        tried[i] = meta_takes(meta, i);
    *out_words = "PASSED WHAT IT SHOULD FAIL";
    return expectation_missed(&variant->expected, meta->spec, tried, run->wrong) == NULL;
}

int meta_print(const struct meta *meta)
{
    int variants = 0, runs = 0, rejected = 0, survived = 0;

    printf("%s: %d seeds, builds:", meta->assignment, meta->seeds);
    for (int i = 0; i < meta->builds_count; i++)
        printf("%s %s", i > 0 ? "," : "", meta->builds[i]);
    printf("\n%-24s %-8s %5s %7s  %s\n", "variant", "kind", "runs", "ratio",
           "cases wrong in a run, and which");
    for (int v = 0; v < meta->variants_count; v++) {
        const struct meta_variant *variant = &meta->variants[v];
        if (variant->runs == 0)
            continue;
        print_variant(meta, variant);
        variants++;
        runs += variant->runs;
        rejected += variant->is_wrong ? 0 : variant->bad;
        survived += variant->is_wrong ? variant->bad : 0;
    }
    int unmarked = print_load_bearing(meta);
    printf("%s: %d runs of %d variants, %d false rejections, %d survivors, %d unmarked cases\n",
           meta->assignment, runs, variants, rejected, survived, unmarked);
    return rejected + survived + unmarked + (runs == 0);
}

static void print_variant(const struct meta *meta, const struct meta_variant *variant)
{
    double ratio = 0;

    for (int i = 0; i < meta->spec->cases_count; i++)
        ratio = variant->ratio[i] > ratio ? variant->ratio[i] : ratio;
    printf("%-24s %-8s %5d %7.2g ", variant->name, variant->is_wrong ? "wrong" : "correct",
           variant->runs, ratio);
    if (variant->is_wrong)
        printf(variant->fewest == variant->most ? " %d:" : " %d-%d:", variant->fewest,
               variant->most);
    print_cases(meta, variant);
    if (variant->bad > 0)
        printf("  <-- %s, %d of %d runs", variant->bad_words, variant->bad, variant->runs);
    printf("\n");
}

/* Of a wrong one: those that always kill it, or that do so at times. Of a correct one: its ratios,
 * with --verbose. */
static void print_cases(const struct meta *meta, const struct meta_variant *variant)
{
    int always = 0, taken = 0;

    for (int i = 0; i < meta->spec->cases_count; i++) {
        taken += meta_takes(meta, i);
        always += variant->killed[i] == variant->runs;
    }
    if (always == taken) {
        printf(" all");
        return;
    }
    for (int i = 0; i < meta->spec->cases_count; i++) {
        const char *name = meta->spec->cases[i].name;
        if (variant->killed[i] == variant->runs)
            printf(" %s", name);
        else if (variant->killed[i] > 0)
            printf(" %s(%d%%)", name, (int)(100.0 * variant->killed[i] / variant->runs));
        else if (meta->verbose && meta_takes(meta, i))
            printf(" %s=%.2g", name, variant->ratio[i]);
    }
}

/* Without such a case a mutant would have survived a run; if every run, the spec must mark it. Says
 * nothing unless the whole corpus was tried. */
static int print_load_bearing(const struct meta *meta)
{
    int unmarked = 0;

    if (meta->only != NULL || meta->only_case != NULL)
        return 0;
    for (int i = 0; i < meta->spec->cases_count; i++) {
        const struct spec_case *one = &meta->spec->cases[i];
        int mutants = 0;
        bool always = false;
        for (int v = 0; v < meta->variants_count; v++) {
            const struct meta_variant *variant = &meta->variants[v];
            if (!variant->is_wrong || variant->alone[i] == 0)
                continue;
            printf("%s%s %s (%d of %d runs)", mutants == 0 ? one->name : ",",
                   mutants == 0 ? " alone kills" : "", variant->name, variant->alone[i],
                   variant->runs);
            mutants++;
            always = always || variant->alone[i] == variant->runs;
        }
        if (mutants == 0)
            continue;
        always = always && !one->load_bearing;
        printf("%s\n", always ? "  <-- NOT MARKED load_bearing" : "");
        unmarked += always;
    }
    return unmarked;
}
