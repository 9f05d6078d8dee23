/* The rules that stand between a file and its acceptance. Each rule is one function that may
 * refuse. */
#include "grader/intake.h"

#include "grader/report_parts.h"
#include "sandbox/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct refusal refuse_unread(const struct intake_question *question);
static struct refusal ask_service(const struct intake_rules *rules,
                                  const struct intake_question *question);
static struct refusal ask_cohort(const struct intake_question *question);
static struct refusal ask_offering(struct db *db, const struct intake_question *question,
                                   struct offering *out_offering);
static bool is_open(const struct intake_question *question, const struct offering *offering);
static struct refusal ask_dates(const struct intake_question *question,
                                const struct offering *offering);
static void date_words(const struct intake_question *question, int64_t at, const char *zone,
                       char *out, size_t size);
static struct refusal ask_attempts(struct db *db, const struct intake_question *question,
                                   const struct offering *offering);
static struct refusal ask_interval(struct db *db, const struct intake_question *question,
                                   const struct offering *offering);
static struct refusal ask_rate(struct db *db, const struct intake_rules *rules,
                               const struct intake_question *question);
static struct tm local_time(int64_t at, const char *zone);

#define SECOND ((int64_t)1000000)
#define RETRY_S ((long long)10)
#define FULL_RETRY_S ((long long)60)

struct refusal intake_ask(struct db *db, const struct intake_rules *rules,
                          const struct intake_question *question, struct offering *out_offering)
{
    struct refusal refusal = ask_cohort(question);
    if (refusal.http_code == 0)
        refusal = ask_offering(db, question, out_offering);
    if (refusal.http_code == 0)
        refusal = ask_dates(question, out_offering);
    if (refusal.http_code == 0 && !question->practice)
        refusal = ask_attempts(db, question, out_offering);
    if (refusal.http_code == 0 && !question->practice)
        refusal = ask_interval(db, question, out_offering);
    if (refusal.http_code == 0)
        refusal = ask_rate(db, rules, question);
    if (refusal.http_code == 0)
        refusal = ask_service(rules, question);
    return refusal;
}

int64_t intake_minute_end(int64_t at)
{
    return at - at % (60 * SECOND) + 60 * SECOND;
}

struct source_verdict submission_check_source(const char *source, size_t size, int64_t max_bytes)
{
    if (size == 0)
        return (struct source_verdict){400, "http_400_empty", 0};
    if (size > (size_t)max_bytes)
        return (struct source_verdict){413, "http_413", size};
    const char *nul = memchr(source, 0, size);
    if (nul != NULL)
        return (struct source_verdict){422, "http_422_nul", (size_t)(nul - source)};
    size_t bad = text_utf8_bad(source, size);
    if (bad < size)
        return (struct source_verdict){422, "http_422_utf8", bad};
    return (struct source_verdict){0};
}

struct refusal refusal_make(enum language language, int http_code, int64_t retry_after_s,
                            const char *code, ...)
{
    struct refusal refusal = {.http_code = http_code, .retry_after_s = retry_after_s};
    va_list arguments;
    va_start(arguments, code);
    /* A row of the table; cut is fine. */
    (void)vsnprintf(refusal.text, sizeof refusal.text, words_of(code, language), arguments);
    va_end(arguments);
    return refusal;
}

void refusal_tell_held(struct refusal *refusal, enum language language, bool is_held)
{
    size_t size = strlen(refusal->text);
    (void)snprintf(refusal->text + size, sizeof refusal->text - size, "%s",
                   words_of(is_held ? "held_open" : "held_not", language)); /* fits */
}

static struct refusal refuse_unread(const struct intake_question *question)
{
    return refusal_make(question->language, 503, RETRY_S, "http_503_unread", RETRY_S);
}

static struct refusal ask_service(const struct intake_rules *rules,
                                  const struct intake_question *question)
{
    if (question->stopping)
        return refusal_make(question->language, 503, RETRY_S, "http_503_restart", RETRY_S);
    if (question->waiting >= (size_t)rules->queue_max)
        return refusal_make(question->language, 503, FULL_RETRY_S, "http_503",
                            (long long)question->waiting, FULL_RETRY_S);
    return (struct refusal){0};
}

static struct refusal ask_cohort(const struct intake_question *question)
{
    const struct membership *who = question->who;
    if (who->cohort_closed_at == 0 || question->received_at < who->cohort_closed_at)
        return (struct refusal){0};
    char date[32];
    struct tm ended = local_time(who->cohort_closed_at, "UTC");
    (void)strftime(date, sizeof date, "%e %b", &ended); /* fits */
    return refusal_make(question->language, 403, 0, "http_403", who->cohort,
                        date[0] == ' ' ? date + 1 : date);
}

static struct refusal ask_offering(struct db *db, const struct intake_question *question,
                                   struct offering *out_offering)
{
    bool found = false;
    struct err err = store_offering_find(db, question->who->cohort_id, question->who->id,
                                         question->assignment, out_offering, &found);
    if (found)
        return (struct refusal){0};

    struct offering offerings[STORE_OFFERINGS_MAX];
    const char *names[STORE_OFFERINGS_MAX];
    size_t count = 0;
    if (!err_is(err))
        err = store_offerings(db, question->who->cohort_id, question->who->id, offerings,
                              STORE_OFFERINGS_MAX, &count);
    if (err_is(err))
        return refuse_unread(question);

    char list[160] = "-";
    char asked[SPEC_NAME_MAX];
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        names[i] = offerings[i].assignment;
        if (!is_open(question, &offerings[i]))
            continue;
        int more =
            snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "", names[i]);
        if (more < 0 || (size_t)more >= sizeof list - used)
            continue; /* a long list is cut; /help has it all */
        used += (size_t)more;
    }
    (void)text_copy(asked, sizeof asked, question->assignment); /* cut is fine */
    const char *nearest = text_nearest(question->assignment, names, count);
    if (nearest == NULL)
        return refusal_make(question->language, 404, 0, "http_404_list", asked, list);
    return refusal_make(question->language, 404, 0, "http_404", asked, nearest, list);
}

static bool is_open(const struct intake_question *question, const struct offering *offering)
{
    return (offering->opens_at == 0 || question->received_at >= offering->opens_at) &&
           (offering->closes_at == 0 ||
            question->received_at < intake_minute_end(offering->closes_at));
}

/* Practice is for after the deadline too; but what has not opened is for staff alone. */
static struct refusal ask_dates(const struct intake_question *question,
                                const struct offering *offering)
{
    bool early = offering->opens_at != 0 && question->received_at < offering->opens_at;
    if (question->practice && (!early || question->who->role > ROLE_STUDENT))
        return (struct refusal){0};
    char what[2 * SPEC_NAME_MAX];
    char date[64];
    (void)snprintf(what, sizeof what, "%s/%s", question->who->cohort, offering->assignment);
    if (early) {
        date_words(question, offering->opens_at, offering->zone, date, sizeof date);
        return refusal_make(question->language, 409, 0, "http_409_early", what, date);
    }
    int64_t closes_at = intake_minute_end(offering->closes_at);
    if (offering->closes_at == 0 || question->received_at < closes_at)
        return (struct refusal){0};

    char now[16];
    struct tm sent = local_time(question->received_at, offering->zone);
    date_words(question, offering->closes_at, offering->zone, date, sizeof date);
    (void)strftime(now, sizeof now, "%H:%M:%S", &sent); /* fits */
    return refusal_make(question->language, 409, 0, "http_409", what, date, now,
                        (long long)(question->received_at - closes_at) / SECOND);
}

/* "Sun 29 Nov 2026 23:59 +08:00" */
static void date_words(const struct intake_question *question, int64_t at, const char *zone,
                       char *out, size_t size)
{
    int minutes = zone_minutes(zone, at);
    size_t used = strlen(lines_time(at, minutes, question->language, 'm', out, size));
    (void)snprintf(out + used, size - used, " %c%02d:%02d", minutes < 0 ? '-' : '+',
                   abs(minutes) / 60, abs(minutes) % 60); /* fits */
}

static struct refusal ask_attempts(struct db *db, const struct intake_question *question,
                                   const struct offering *offering)
{
    if (offering->attempts_max == 0)
        return (struct refusal){0};
    int64_t graded = 0;
    int64_t running = 0;
    struct err err = store_attempts(db, question->who->id, offering->id, &graded, &running);
    if (err_is(err))
        return refuse_unread(question);
    if (graded + running < offering->attempts_max)
        return (struct refusal){0};
    char what[2 * SPEC_NAME_MAX];
    (void)snprintf(what, sizeof what, "%s/%s", question->who->cohort, offering->assignment);
    return refusal_make(question->language, 409, 0, "http_409_attempts", what,
                        (long long)offering->attempts_max, (long long)graded, (long long)running);
}

/* A submission that failed on our side makes nobody wait. */
static struct refusal ask_interval(struct db *db, const struct intake_question *question,
                                   const struct offering *offering)
{
    int64_t last_at = 0;
    if (offering->interval_s == 0)
        return (struct refusal){0};
    struct err err = store_last_received(db, question->who->id, offering->id, &last_at);
    if (err_is(err))
        return refuse_unread(question);
    int64_t next_at = last_at + offering->interval_s * SECOND;
    if (last_at == 0 || question->received_at >= next_at)
        return (struct refusal){0};
    int64_t wait_s = (next_at - question->received_at + SECOND - 1) / SECOND;
    return refusal_make(question->language, 429, wait_s, "http_429_interval", offering->assignment,
                        (long long)offering->interval_s, (long long)wait_s);
}

static struct refusal ask_rate(struct db *db, const struct intake_rules *rules,
                               const struct intake_question *question)
{
    int64_t window = rules->rate_window_s * SECOND;
    int64_t most = question->practice ? rules->practice_rate_count : rules->rate_count;
    int64_t count = 0;
    int64_t oldest_at = 0;
    struct err err = store_recent(db, question->who->id, question->practice,
                                  question->received_at - window, &count, &oldest_at);
    if (err_is(err))
        return refuse_unread(question);
    if (count < most)
        return (struct refusal){0};
    int64_t wait_s = (oldest_at + window - question->received_at) / SECOND + 1;
    return refusal_make(question->language, 429, wait_s, "http_429", (long long)count,
                        (long long)rules->rate_window_s / 60, (long long)wait_s);
}

/* Wall clock at an offset from UTC; 1970 for a date past the year 2^31. */
static struct tm local_time(int64_t at, const char *zone)
{
    time_t seconds = (time_t)(at / SECOND + (int64_t)zone_minutes(zone, at) * 60);
    struct tm local = {.tm_year = 70, .tm_mday = 1};
    (void)gmtime_r(&seconds, &local); /* on failure the value above stands */
    return local;
}
