/* The rules of lateness and choice. */
#include "grader/grade.h"

#include "grader/intake.h"

static int64_t grace_taken(const struct grade_rules *rules, const struct grade_entry *entry);
static bool is_better(const struct grade_rules *rules, const struct grade_entry *one,
                      const struct grade_entry *than);

#define DAY ((int64_t)86400 * 1000000)
#define MINUTE ((int64_t)60 * 1000000)

int64_t grade_late_days(const struct grade_rules *rules, const struct grade_entry *entry)
{
    if (rules->due_at == 0)
        return 0;
    int64_t end_at = intake_minute_end(rules->due_at);
    if (entry->received_at < end_at)
        return 0;
    int64_t after = (entry->received_at + entry->zone_minutes * MINUTE) -
                    (end_at + rules->due_zone_minutes * MINUTE);
    return after < 0 ? 1 : after / DAY + 1; /* clocks went back in between: late all the same */
}

int64_t grade_of(const struct grade_rules *rules, const struct grade_entry *entry)
{
    int64_t days = grade_late_days(rules, entry);
    if (rules->late_policy == LATE_GRACE)
        days -= grace_taken(rules, entry);
    if (days == 0)
        return entry->score;
    if (rules->late_policy == LATE_NONE ||
        (rules->late_policy == LATE_GRACE && rules->late_percent == 0))
        return 0;
    if (rules->late_percent > 0 && days > 100 / rules->late_percent)
        return 0;
    return (entry->score * (100 - rules->late_percent * days) + 50) / 100;
}

void grade_decide(const struct grade_rules *rules, const struct grade_entry *entries, size_t count,
                  const struct grade_override *override, struct grade_result *out)
{
    const struct grade_entry *counts = NULL;
    *out = (struct grade_result){.grade = -1};
    for (size_t i = 0; i < count; i++) {
        if (counts == NULL || is_better(rules, &entries[i], counts))
            counts = &entries[i];
    }
    if (counts != NULL) {
        out->counts = counts->id;
        out->score = counts->score;
        out->held = counts->held;
        out->grade = grade_of(rules, counts);
        out->late_days = grade_late_days(rules, counts);
        /* Days that earn nothing are not spent. */
        bool spends = rules->late_policy == LATE_GRACE && out->grade > 0;
        out->grace_used = spends ? grace_taken(rules, counts) : 0;
    }
    if (override != NULL && override->is_set) {
        out->grace_used = 0;
        out->overridden = true;
        out->grade = override->grade;
        out->held = false; /* decided by hand: somebody has looked */
    }
    out->held = out->held || (override != NULL && override->hold);
}

static int64_t grace_taken(const struct grade_rules *rules, const struct grade_entry *entry)
{
    int64_t days = grade_late_days(rules, entry);
    return days < rules->grace_days ? days : rules->grace_days;
}

static bool is_better(const struct grade_rules *rules, const struct grade_entry *one,
                      const struct grade_entry *than)
{
    bool later = one->received_at != than->received_at ? one->received_at > than->received_at
                                                       : one->id > than->id;
    if (rules->pick == PICK_LAST)
        return later;
    int64_t more = grade_of(rules, one) - grade_of(rules, than);
    int64_t days = grace_taken(rules, one) - grace_taken(rules, than);
    if (more != 0)
        return more > 0;
    return rules->late_policy == LATE_GRACE && days != 0 ? days < 0 : !later;
}
