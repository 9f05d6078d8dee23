/* The rules that stand between a file and its acceptance. Each rule is one function that may
 * refuse. */
#include "grader/intake.h"

#include "sandbox/base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct refusal refuse(int http_code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static struct refusal refuse_unread(void);
static struct refusal ask_service(const struct intake_rules *rules,
                                  const struct intake_question *question);
static struct refusal ask_cohort(const struct intake_question *question);
static struct refusal ask_offering(struct db *db, const struct intake_question *question,
                                   struct offering *out_offering);
static struct refusal ask_dates(const struct intake_question *question,
                                const struct offering *offering);
static struct refusal ask_attempts(struct db *db, const struct intake_question *question,
                                   const struct offering *offering);
static struct refusal ask_interval(struct db *db, const struct intake_question *question,
                                   const struct offering *offering);
static struct refusal ask_rate(struct db *db, const struct intake_rules *rules,
                               const struct intake_question *question);
static struct tm local_time(int64_t at, const char *zone);

#define OFFERINGS_MAX 64 /* of one cohort */
#define SECOND ((int64_t)1000000)

struct refusal intake_ask(struct db *db, const struct intake_rules *rules,
                          const struct intake_question *question, struct offering *out_offering)
{
    struct refusal refusal = ask_cohort(question);
    if (refusal.http_code == 0)
        refusal = ask_offering(db, question, out_offering);
    if (refusal.http_code == 0 && !question->practice)
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

static struct refusal refuse(int http_code, const char *format, ...)
{
    struct refusal refusal = {.http_code = http_code};
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(refusal.text, sizeof refusal.text, format, arguments); /* cut is fine */
    va_end(arguments);
    return refusal;
}

static struct refusal refuse_unread(void)
{
    struct refusal refusal =
        refuse(503, "the database cannot be read just now. Nothing was stored; try again in 10 s");
    refusal.retry_after_s = 10;
    return refusal;
}

static struct refusal ask_service(const struct intake_rules *rules,
                                  const struct intake_question *question)
{
    struct refusal refusal = {0};
    if (question->stopping)
        refusal = refuse(503, "the service is restarting. Nothing was stored; try again in 10 s");
    else if (question->waiting >= (size_t)rules->queue_max)
        refusal = refuse(503,
                         "full house: %zu waiting. Nothing was stored; try again in 60 s. If that "
                         "makes you late, ask your TA to extend your date",
                         question->waiting);
    if (refusal.http_code != 0)
        refusal.retry_after_s = question->stopping ? 10 : 60;
    return refusal;
}

static struct refusal ask_cohort(const struct intake_question *question)
{
    const struct membership *who = question->who;
    if (who->cohort_closed_at == 0 || question->received_at < who->cohort_closed_at)
        return (struct refusal){0};
    char date[32];
    struct tm ended = local_time(who->cohort_closed_at, "UTC");
    (void)strftime(date, sizeof date, "%e %b", &ended); /* fits */
    return refuse(403, "this token belongs to %s, which ended on %s. Ask your TA", who->cohort,
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

    struct offering offerings[OFFERINGS_MAX];
    const char *names[OFFERINGS_MAX];
    size_t count = 0;
    if (!err_is(err))
        err = store_offerings(db, question->who->cohort_id, 0, offerings, OFFERINGS_MAX, &count);
    if (err_is(err))
        return refuse_unread();

    char list[160] = "none";
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        names[i] = offerings[i].assignment;
        int more = snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", names[i]);
        if (more < 0 || (size_t)more >= sizeof list - used)
            break; /* a long list is cut; /help has it all */
        used += (size_t)more;
    }
    const char *nearest = text_nearest(question->assignment, names, count);
    return refuse(404, "no assignment '%.32s'.%s%s%s Open now: %s", question->assignment,
                  nearest != NULL ? " Did you mean " : "", nearest != NULL ? nearest : "",
                  nearest != NULL ? "?" : "", list);
}

static struct refusal ask_dates(const struct intake_question *question,
                                const struct offering *offering)
{
    const char *cohort = question->who->cohort;
    char date[48];
    struct tm opens = local_time(offering->opens_at, offering->zone);
    if (offering->opens_at != 0 && question->received_at < offering->opens_at) {
        (void)strftime(date, sizeof date, "%a %d %b %Y %H:%M", &opens); /* fits */
        return refuse(409, "%s/%s opens %s. Nothing was stored", cohort, offering->assignment,
                      date);
    }
    int64_t closes_at = intake_minute_end(offering->closes_at);
    if (offering->closes_at == 0 || question->received_at < closes_at)
        return (struct refusal){0};

    char now[16];
    int64_t late_s = (question->received_at - closes_at) / SECOND;
    struct tm closed = local_time(offering->closes_at, offering->zone);
    struct tm sent = local_time(question->received_at, offering->zone);
    (void)strftime(date, sizeof date, "%a %d %b %Y %H:%M", &closed); /* fits */
    (void)strftime(now, sizeof now, "%H:%M:%S", &sent);              /* fits */
    int zone = zone_minutes(offering->zone, offering->closes_at);
    return refuse(409,
                  "%s/%s closed %s %c%02d:%02d; you sent this %s (%" PRId64
                  " s late). Nothing was stored",
                  cohort, offering->assignment, date, zone < 0 ? '-' : '+', abs(zone) / 60,
                  abs(zone) % 60, now, late_s);
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
        return refuse_unread();
    if (graded + running < offering->attempts_max)
        return (struct refusal){0};
    return refuse(409,
                  "%s/%s allows %" PRId64 " attempts: %" PRId64 " graded, %" PRId64
                  " under way. Nothing was stored",
                  question->who->cohort, offering->assignment, offering->attempts_max, graded,
                  running);
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
        return refuse_unread();
    int64_t next_at = last_at + offering->interval_s * SECOND;
    if (last_at == 0 || question->received_at >= next_at)
        return (struct refusal){0};
    int64_t wait_s = (next_at - question->received_at + SECOND - 1) / SECOND;
    struct refusal refusal = refuse(429,
                                    "%s takes one submission every %" PRId64
                                    " s; the next is possible in %" PRId64 " s. Nothing was stored",
                                    offering->assignment, offering->interval_s, wait_s);
    refusal.retry_after_s = wait_s;
    return refusal;
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
        return refuse_unread();
    if (count < most)
        return (struct refusal){0};
    int64_t wait_s = (oldest_at + window - question->received_at) / SECOND + 1;
    struct refusal refusal =
        refuse(429,
               "%" PRId64 " submissions in the last %" PRId64
               " minutes; the next is possible in %" PRId64 " s. Nothing was stored",
               count, rules->rate_window_s / 60, wait_s);
    refusal.retry_after_s = wait_s;
    return refusal;
}

/* Wall clock at an offset from UTC; 1970 for a date past the year 2^31. */
static struct tm local_time(int64_t at, const char *zone)
{
    time_t seconds = (time_t)(at / SECOND + (int64_t)zone_minutes(zone, at) * 60);
    struct tm local = {.tm_year = 70, .tm_mday = 1};
    (void)gmtime_r(&seconds, &local); /* on failure the value above stands */
    return local;
}
