/* What a student's submissions to one offering are worth: lateness, best-of or last-of, and what a
 * TA has decided by hand. Pure.
 *
 * `score` is what grading measured; `grade` is what counts after lateness and override. Hundredths
 * both. A day late is a day begun on the wall clock of the offering's zone, so that a deadline of
 * 23:59 has its second day end at 23:59 across a change of summer time. */
#ifndef GRADER_GRADE_H
#define GRADER_GRADE_H

#include "grader/store_offering.h"

struct grade_rules {
    enum late_policy late_policy;
    int64_t late_percent, grace_days;
    enum pick pick;
    int64_t due_at; /* of this student; 0: nothing is late */
    int due_zone_minutes;
};

/* One graded submission. */
struct grade_entry {
    int64_t id, received_at, score;
    int zone_minutes; /* of the offering's zone at received_at */
    bool held;        /* under review: its grade is not handed out if it is the one that counts */
};

struct grade_override {
    bool is_set, hold;
    int64_t grade; /* of is_set */
};

struct grade_result {
    int64_t counts;        /* id of the submission that counts; 0: none */
    int64_t score;         /* of that one */
    int64_t grade;         /* after lateness and override; -1: none */
    int64_t late_days;     /* of that one */
    int64_t grace_used;    /* days of grace that it takes */
    bool overridden, held; /* held: the grade is not to be handed out yet */
};

/* Days begun after the last second of the due minute; 0: in time. */
int64_t grade_late_days(const struct grade_rules *rules, const struct grade_entry *entry);

/* The worth of one submission: none: nothing that is late; per_day: late_percent of the score less
 * for each day; grace: whole within grace_days, then late_percent less for each further day (0: not
 * counted any more). Halves of a hundredth round up. */
int64_t grade_of(const struct grade_rules *rules, const struct grade_entry *entry);

/* Best: the highest grade, among equals the one with fewer days of grace, then the earliest. Last:
 * the one received last, whatever it is worth. Entries in any order. */
void grade_decide(const struct grade_rules *rules, const struct grade_entry *entries, size_t count,
                  const struct grade_override *override, struct grade_result *out);

#endif
