/* What a cohort is offered: dates, lateness, attempts; and more time for one student. */
#include "grader/operations.h"
#include "sandbox/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct offer;
static struct err note_rest(struct operation_call *call, const struct offering *offering);
static void note_section(void *context, const char *section, const struct section_dates *dates);
static struct err refuse_nothing_to_end(struct operation_call *call,
                                        const struct extension_row *row,
                                        const struct offering *offering, const char *login);
static struct err extension_tell(struct operation_call *call, const struct extension_row *row,
                                 const struct offering *offering, const char *login,
                                 const char *object);
static struct err offer_find(struct offer *offer);
static struct err read_rules(struct offer *offer);
static struct err read_dates(struct offer *offer);
static struct err read_date(struct operation_call *call, const char *name, const char *zone,
                            int64_t *out_at);
static struct err write_offer(struct offer *offer);
static struct err write_section(struct offer *offer);
static struct err check_all(struct offer *offer);
static void check_section(void *context, const char *section, const struct section_dates *dates);
static struct err check_order(const struct offer *offer, const char *section,
                              const struct section_dates *dates);
static struct err write_targets(struct offer *offer);
static bool is_class(const char *name);
static struct err check_target(struct operation_call *call, const struct offer *offer,
                               struct target_row *out);
static struct err note_offer(const struct offer *offer);
static void reply_offering(struct reply *reply, const struct offering *offering);

struct offer {
    struct operation_call *call;
    struct cohort_row cohort;
    const struct spec *spec;
    struct offering now, before;
    bool existed;
    int64_t section_id;
    struct section_dates section; /* its own; 0: as everybody's */
    struct err wrong;             /* the first order of dates that cannot be */
    struct target_row target;     /* that was set; 0: none */
};

/* Whose sections are told. */
struct section_notes {
    struct operation_call *call;
    const struct offering *offering;
};

static const struct reply_column columns[] = {
    {"assignment", REPLY_TEXT},  {"opens", REPLY_TEXT},        {"due", REPLY_TEXT},
    {"closes", REPLY_TEXT},      {"zone", REPLY_TEXT},         {"late", REPLY_TEXT},
    {"attempts", REPLY_INTEGER}, {"interval", REPLY_INTEGER},  {"pick", REPLY_TEXT},
    {"split", REPLY_TEXT},       {"weight", REPLY_HUNDREDTHS}, {"board", REPLY_TEXT},
    {"names", REPLY_TEXT},       {"supersede", REPLY_TEXT},    {NULL, REPLY_TEXT}};

struct err op_offer(struct operation_call *call)
{
    struct offer offer = {.call = call};
    struct err err = offer_find(&offer);
    if (!err_is(err))
        err = read_rules(&offer);
    if (!err_is(err))
        err = read_dates(&offer);
    if (!err_is(err))
        err = write_offer(&offer);
    if (!err_is(err) && offer.section_id != 0)
        err = write_section(&offer);
    if (!err_is(err))
        err = check_all(&offer);
    if (!err_is(err))
        err = write_targets(&offer);
    if (err_is(err))
        return err;
    reply_table(&call->reply, columns);
    reply_offering(&call->reply, &offer.now);
    reply_note(&call->reply, "%s for the %lld people of %s.", offer.existed ? "Changed" : "Offered",
               (long long)offer.cohort.people, offer.cohort.name);
    return note_offer(&offer);
}

struct err op_offer_list(struct operation_call *call)
{
    struct cohort_row cohort = {0};
    struct offering offerings[STORE_OFFERINGS_MAX];
    size_t count = 0;
    struct err err = call_cohort(call, &cohort);
    if (!err_is(err))
        err = store_offerings(call->db, cohort.id, 0, offerings, COUNT(offerings), &count);
    reply_table(&call->reply, columns);
    for (size_t i = 0; i < count && !err_is(err); i++) {
        reply_offering(&call->reply, &offerings[i]);
        err = note_rest(call, &offerings[i]);
    }
    return err;
}

/* What is no column: dates of sections, and targets. */
static struct err note_rest(struct operation_call *call, const struct offering *offering)
{
    struct section_notes notes = {call, offering};
    struct target_row targets[SPEC_CLASSES_MAX];
    int count = 0;
    struct err err = store_section_dates_all(call->db, offering->id, note_section, &notes);
    if (!err_is(err))
        err = store_targets(call->db, offering->id, targets, &count);
    for (int i = 0; i < count && !err_is(err); i++)
        reply_note(&call->reply, "%s: full speed points on %s at %gx.", offering->assignment,
                   targets[i].class_name, targets[i].target);
    return err;
}

static void note_section(void *context, const char *section, const struct section_dates *dates)
{
    const struct section_notes *notes = context;
    const char *zone = notes->offering->zone;
    char opens[ZONE_TEXT_MAX];
    char due[ZONE_TEXT_MAX];
    char closes[ZONE_TEXT_MAX];
    reply_note(&notes->call->reply, "%s, section %s: opens %s, due %s, closes %s.",
               notes->offering->assignment, section,
               dates->opens_at != 0 ? zone_write(zone, dates->opens_at, opens) : "at once",
               dates->due_at != 0 ? zone_write(zone, dates->due_at, due) : "never",
               dates->closes_at != 0 ? zone_write(zone, dates->closes_at, closes) : "never");
}

struct err op_extend(struct operation_call *call)
{
    struct cohort_row cohort = {0};
    struct offering offering = {0};
    struct person_row person = {0};
    struct err err = call_cohort(call, &cohort);
    if (!err_is(err))
        err = call_offering(call, &cohort, &offering);
    if (!err_is(err))
        err = call_person(call, &cohort, &person);
    bool found = false;
    if (!err_is(err))
        err = store_offering_find(call->db, cohort.id, person.membership_id, offering.assignment,
                                  &offering, &found);
    if (err_is(err))
        return err;
    struct extension_row row = {.offering_id = offering.id,
                                .membership_id = person.membership_id,
                                .attempts = call_number(call, "attempts", -1),
                                .reason = call_text(call, "reason"),
                                .actor = call->actor};
    if (!call_has(call, "due") && !call_has(call, "attempts"))
        return call_refuse(call, 422, "an extension gives a new due, or more attempts");
    if (call_has(call, "due"))
        err = read_date(call, "due", offering.zone, &row.due_at);
    if (err_is(err))
        return err;
    char text[ZONE_TEXT_MAX];
    if (call_has(call, "due") && offering.due_at == 0)
        return call_refuse(call, 409, "%s has no deadline to extend", offering.assignment);
    if (row.due_at != 0 && row.due_at <= offering.due_at)
        return call_refuse(call, 409,
                           "%s has time until %s already; due none takes an extension back",
                           person.login, zone_write(offering.zone, offering.due_at, text));
    row.ends = call_has(call, "due") && row.due_at == 0;
    if (row.ends)
        err = refuse_nothing_to_end(call, &row, &offering, person.login);
    if (row.due_at > offering.closes_at && offering.closes_at != 0)
        row.closes_at = row.due_at;
    if (!err_is(err))
        err = store_extension_put(call->db, &row, call->now_at);
    if (err_is(err))
        return err;
    char object[128];
    (void)snprintf(object, sizeof object, "%s/%s/%s", cohort.name, offering.assignment,
                   person.login); /* fits */
    return extension_tell(call, &row, &offering, person.login, object);
}

static struct err refuse_nothing_to_end(struct operation_call *call,
                                        const struct extension_row *row,
                                        const struct offering *offering, const char *login)
{
    bool has = false;
    struct err err = store_extension_has_due(call->db, row->offering_id, row->membership_id, &has);
    if (err_is(err) || has)
        return err;
    return call_refuse(call, 409, "%s has no later deadline for %s", login, offering->assignment);
}

/* To whoever asked, and to the audit. */
static struct err extension_tell(struct operation_call *call, const struct extension_row *row,
                                 const struct offering *offering, const char *login,
                                 const char *object)
{
    char text[ZONE_TEXT_MAX], more[32] = "";
    const char *due = zone_write(offering->zone, row->due_at, text);
    const char *word = row->ends ? "due taken back" : row->due_at != 0 ? "due " : "";

    if (row->due_at != 0)
        reply_note(&call->reply, "%s has until %s (%s) for %s.", login, due, offering->zone,
                   offering->assignment);
    if (row->ends)
        reply_note(&call->reply, "The later deadline of %s for %s is taken back.", login,
                   offering->assignment);
    if (row->attempts > 0)
        reply_note(&call->reply, "%s has %lld attempts more than others.", login,
                   (long long)row->attempts);
    if (row->attempts >= 0)
        (void)snprintf(more, sizeof more, " attempts +%lld", (long long)row->attempts); /* fits */
    return call_audit(call, object, "%s%s%s: %s", word, due, more, row->reason);
}

static struct err offer_find(struct offer *offer)
{
    struct operation_call *call = offer->call;
    const char *name = call_text(call, "assignment");
    struct err err = call_cohort(call, &offer->cohort);
    if (err_is(err))
        return err;
    if (offer->cohort.closed_at != 0)
        return call_refuse(call, 409, "%s has ended", offer->cohort.name);
    offer->spec = spec_find(call->specs, call->specs_count, name);
    if (offer->spec == NULL)
        return call_refuse(call, 404, "no assignment '%s' is installed", name);
    err = store_offering_find(call->db, offer->cohort.id, 0, name, &offer->before, &offer->existed);
    offer->now = offer->before;
    if (err_is(err) || offer->existed)
        return err;
    if (offer->cohort.offerings >= STORE_OFFERINGS_MAX)
        return call_refuse(call, 409, "%s offers %d assignments; a cohort may have no more",
                           offer->cohort.name, STORE_OFFERINGS_MAX);
    offer->now = (struct offering){.cohort_id = offer->cohort.id,
                                   .split = -1,
                                   .weight = 100,
                                   .board = BOARD_COHORT,
                                   .board_names = NAMES_ALIAS};
    (void)text_copy(offer->now.assignment, sizeof offer->now.assignment, name); /* checked */
    (void)text_copy(offer->now.zone, sizeof offer->now.zone, offer->cohort.zone);
    return err;
}

static struct err read_rules(struct offer *offer)
{
    struct operation_call *call = offer->call;
    struct offering *now = &offer->now;
    now->late_policy = (enum late_policy)call_word(call, "late", (int)now->late_policy);
    now->late_percent = call_number(call, "late-percent", now->late_percent);
    now->grace_days = call_number(call, "grace-days", now->grace_days);
    now->attempts_max = call_number(call, "attempts", now->attempts_max);
    now->interval_s = call_number(call, "interval", now->interval_s);
    now->pick = (enum pick)call_word(call, "pick", (int)now->pick);
    now->split = call_number(call, "split", now->split);
    now->weight = call_number(call, "weight", now->weight);
    now->board = (enum board_sight)call_word(call, "board", (int)now->board);
    now->board_names = (enum board_names)call_word(call, "board-names", (int)now->board_names);
    now->supersede = call_word(call, "supersede", now->supersede) != 0;
    if (now->late_policy == LATE_PER_DAY && now->late_percent == 0)
        return call_refuse(call, 422, "late per_day takes a late-percent");
    if (now->late_policy == LATE_GRACE && now->grace_days == 0)
        return call_refuse(call, 422, "late grace takes grace-days");
    return err_none();
}

/* A new zone re-reads no date that stands: its moment stays. */
static struct err read_dates(struct offer *offer)
{
    struct operation_call *call = offer->call;
    struct offering *dates = &offer->now;
    int64_t *opens_at = &dates->opens_at;
    int64_t *due_at = &dates->due_at;
    int64_t *closes_at = &dates->closes_at;
    bool found = false;
    struct err err = err_none();
    if (call_has(call, "zone")) {
        if (!zone_is_known(call_text(call, "zone")))
            return call_refuse(call, 422, "zone: no time zone '%.47s'; write it as Asia/Shanghai",
                               call_text(call, "zone"));
        (void)text_copy(dates->zone, sizeof dates->zone, call_text(call, "zone")); /* bounded */
    }
    if (call_has(call, "section")) {
        err = store_section_find(call->db, offer->cohort.id, call_text(call, "section"),
                                 &offer->section_id, &found);
        if (!err_is(err) && !found)
            err = call_refuse(call, 404, "no section '%s' in %s", call_text(call, "section"),
                              offer->cohort.name);
        if (!err_is(err) && !offer->existed)
            err = call_refuse(call, 409, "offer it to the whole cohort first");
        if (!err_is(err))
            err = store_section_dates_get(call->db, offer->now.id, offer->section_id,
                                          &offer->section);
        opens_at = &offer->section.opens_at;
        due_at = &offer->section.due_at;
        closes_at = &offer->section.closes_at;
    }
    bool had_close = dates->closes_at != 0 && dates->closes_at != dates->due_at;
    if (!err_is(err))
        err = read_date(call, "opens", offer->now.zone, opens_at);
    if (!err_is(err))
        err = read_date(call, "due", offer->now.zone, due_at);
    if (!err_is(err))
        err = read_date(call, "closes", offer->now.zone, closes_at);
    if (offer->section_id == 0 && !call_has(call, "closes") && !had_close)
        dates->closes_at = offer->now.late_policy == LATE_NONE ? dates->due_at : 0;
    return err;
}

/* "none" takes a date away; that of a section is everybody's again. */
static struct err read_date(struct operation_call *call, const char *name, const char *zone,
                            int64_t *out_at)
{
    const char *text = call_text(call, name);
    if (!call_has(call, name))
        return err_none();
    if (strcmp(text, "none") == 0) {
        *out_at = 0;
        return err_none();
    }
    char morning[ZONE_TEXT_MAX] = "";
    if (strcmp(name, "opens") == 0 && strlen(text) == 10) {        /* a day opens as it begins */
        (void)snprintf(morning, sizeof morning, "%s 00:00", text); /* fits */
        text = morning;
    }
    struct err err = zone_read(zone, text, out_at);
    return err_is(err) ? call_refuse(call, 422, "%s: %s", name, err.text) : err;
}

static struct err write_offer(struct offer *offer)
{
    struct operation_call *call = offer->call;
    auto_buf struct buf text = buf_of((size_t)256 * 1024);
    int64_t assignment_id = 0;
    struct err err = versions_text(offer->spec, call->home, call->overlay, &text);
    if (!err_is(err))
        err = store_assignment_put(call->db, offer->spec, text.at, call->now_at, &assignment_id);
    if (!err_is(err))
        err = store_offering_put(call->db, &offer->now, assignment_id, &offer->now.id);
    return err;
}

static struct err write_section(struct offer *offer)
{
    return store_section_dates_put(offer->call->db, offer->now.id, offer->section_id,
                                   &offer->section);
}

/* After the writing, so that what holds is read in one place: a refusal takes it all back. */
static struct err check_all(struct offer *offer)
{
    const struct section_dates dates = {offer->now.opens_at, offer->now.due_at,
                                        offer->now.closes_at};
    struct err err = check_order(offer, NULL, &dates);
    if (!err_is(err))
        err = store_section_dates_all(offer->call->db, offer->now.id, check_section, offer);
    return err_is(err) ? err : offer->wrong;
}

static void check_section(void *context, const char *section, const struct section_dates *dates)
{
    struct offer *offer = context;
    struct section_notes notes = {offer->call, &offer->now};
    note_section(&notes, section, dates);
    if (!err_is(offer->wrong))
        offer->wrong = check_order(offer, section, dates);
}

/* section NULL: everybody's dates. */
static struct err check_order(const struct offer *offer, const char *section,
                              const struct section_dates *dates)
{
    struct operation_call *call = offer->call;
    char one[ZONE_TEXT_MAX];
    char other[ZONE_TEXT_MAX];
    char who[SPEC_NAME_MAX + 16] = "it";
    const char *zone = offer->now.zone;
    if (section != NULL)
        (void)snprintf(who, sizeof who, "for section %s it", section); /* fits */
    if (dates->opens_at != 0 && dates->due_at != 0 && dates->opens_at > dates->due_at)
        return call_refuse(call, 422, "%s opens %s, after it is due %s", who,
                           zone_write(zone, dates->opens_at, one),
                           zone_write(zone, dates->due_at, other));
    if (dates->closes_at != 0 && dates->due_at > dates->closes_at)
        return call_refuse(call, 422, "%s closes %s, before it is due %s", who,
                           zone_write(zone, dates->closes_at, one),
                           zone_write(zone, dates->due_at, other));
    if (dates->closes_at != 0 && dates->opens_at > dates->closes_at)
        return call_refuse(call, 422, "%s opens %s, after it closes %s", who,
                           zone_write(zone, dates->opens_at, one),
                           zone_write(zone, dates->closes_at, other));
    if (offer->now.late_policy == LATE_NONE && dates->due_at != 0 &&
        dates->closes_at > dates->due_at)
        return call_refuse(
            call, 422, "nothing late counts (late none), yet %s closes %s, after it is due %s", who,
            zone_write(zone, dates->closes_at, one), zone_write(zone, dates->due_at, other));
    return err_none();
}

/* The assignment's own targets are frozen with the offering; one may be set until it opens, and
 * not any more once somebody has submitted, wherever the opening has been moved since. */
static struct err write_targets(struct offer *offer)
{
    struct operation_call *call = offer->call;
    struct target_row row;
    struct err err = err_none();
    if (!offer->existed)
        err = store_targets_copy(call->db, offer->now.id, offer->spec, call->now_at);
    if (err_is(err) || !call_has(call, "target"))
        return err;
    err = check_target(call, offer, &row);
    offer->target = row;
    return err_is(err) ? err : store_target_put(call->db, offer->now.id, &row, call->now_at);
}

/* As workers name themselves (worker/hello.c, worker/gpu.c): a misspelt one would never be met.
 * "gpu:sm_90-1g.10gb" is a slice of a device. */
static bool is_class(const char *name)
{
    static const char cpu[] = "cpu:x86-64-v", gpu[] = "gpu:sm_";
    if (strncmp(name, cpu, strlen(cpu)) == 0)
        return strspn(name + strlen(cpu), "1234") == 1 && name[strlen(cpu) + 1] == 0;
    if (strncmp(name, gpu, strlen(gpu)) != 0)
        return false;
    size_t digits = strspn(name + strlen(gpu), "0123456789");
    const char *rest = name + strlen(gpu) + digits;
    if (digits < 2 || digits > 3) /* major and minor */
        return false;
    return rest[0] == 0 ||
           (rest[0] == '-' && rest[1] != 0 &&
            rest[1 + strspn(rest + 1, "abcdefghijklmnopqrstuvwxyz0123456789.")] == 0);
}

static struct err check_target(struct operation_call *call, const struct offer *offer,
                               struct target_row *out)
{
    const char *text = call_text(call, "target");
    size_t size = strcspn(text, "=");
    char *end = NULL;
    out->target = text[size] == '=' ? strtod(text + size + 1, &end) : 0;
    if (size < 5 || size >= sizeof out->class_name || end == NULL || *end != 0 ||
        !(out->target > 1 && out->target <= 1000))
        return call_refuse(call, 422,
                           "target: CLASS=SPEED-UP from 1 to 1000, as "
                           "cpu:x86-64-v4=16, not '%.40s'",
                           text);
    memcpy(out->class_name, text, size);
    out->class_name[size] = 0;
    if (!is_class(out->class_name))
        return call_refuse(call, 422,
                           "target: no machine class '%s'; cpu:x86-64-v4 is one, gpu:sm_90 another",
                           out->class_name);
    bool used = false;
    struct err err = store_offering_used(call->db, offer->now.id, &used);
    if (err_is(err))
        return err;
    if (used || (offer->existed && offer->before.opens_at <= call->now_at))
        return call_refuse(call, 409, "targets are frozen: %s %s", offer->spec->name,
                           used ? "has submissions" : "has opened");
    reply_note(&call->reply, "Full speed points on %s at %gx.", out->class_name, out->target);
    return err_none();
}

/* Whatever may move a date, a point or a target leaves its trace. */
static struct err note_offer(const struct offer *offer)
{
    const struct offering *now = &offer->now;
    struct operation_call *call = offer->call;
    bool section = offer->section_id != 0;
    char object[80];
    char opens[ZONE_TEXT_MAX];
    char due[ZONE_TEXT_MAX];
    char closes[ZONE_TEXT_MAX];
    auto_buf struct buf more = buf_of(512);
    if (section)
        buf_printf(&more, " of section %s", call_text(call, "section"));
    if (now->split >= 0)
        buf_printf(&more, " split %lld", (long long)now->split);
    if (offer->target.target > 0)
        buf_printf(&more, " target %s=%g", offer->target.class_name, offer->target.target);
    (void)snprintf(object, sizeof object, "%s/%s", offer->cohort.name,
                   offer->spec->name); /* fits */
    return call_audit(
        call, object, "opens %s due %s closes %s attempts %lld late %s%s",
        zone_write(now->zone, section ? offer->section.opens_at : now->opens_at, opens),
        zone_write(now->zone, section ? offer->section.due_at : now->due_at, due),
        zone_write(now->zone, section ? offer->section.closes_at : now->closes_at, closes),
        (long long)now->attempts_max, late_policy_words[now->late_policy], more.at);
}

static void reply_offering(struct reply *reply, const struct offering *offering)
{
    char text[48];
    reply_text(reply, offering->assignment);
    reply_moment(reply, offering->zone, offering->opens_at);
    reply_moment(reply, offering->zone, offering->due_at);
    reply_moment(reply, offering->zone, offering->closes_at);
    reply_text(reply, offering->zone);
    (void)snprintf(text, sizeof text, "%s", late_policy_words[offering->late_policy]);
    if (offering->late_policy == LATE_PER_DAY)
        (void)snprintf(text, sizeof text, "per_day %lld%%", (long long)offering->late_percent);
    else if (offering->late_policy == LATE_GRACE)
        (void)snprintf(text, sizeof text, "grace %lld days, then %lld%%",
                       (long long)offering->grace_days, (long long)offering->late_percent);
    reply_text(reply, text);
    reply_number(reply, offering->attempts_max);
    reply_number(reply, offering->interval_s);
    reply_text(reply, pick_words[offering->pick]);
    (void)snprintf(text, sizeof text, "%lld/%lld", (long long)offering->split,
                   100 - (long long)offering->split);
    reply_text(reply, offering->split < 0 ? "" : text);
    reply_number(reply, offering->weight);
    reply_text(reply, board_sight_words[offering->board]);
    reply_text(reply, board_names_words[offering->board_names]);
    reply_text(reply, offering->supersede ? "on" : "off");
}
