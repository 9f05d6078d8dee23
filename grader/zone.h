/* Time zones by their IANA name, as deadlines are said in: "Asia/Shanghai". Data: the system's
 * /usr/share/zoneinfo, read by the C library.
 *
 * Any thread; calls take turns, because the C library knows one zone at a time. Nothing else in the
 * program may read local time. */
#ifndef GRADER_ZONE_H
#define GRADER_ZONE_H

#include "sandbox/base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define ZONE_NAME_MAX 48

/* True if the system has a zone of that name. */
bool zone_is_known(const char *name);

/* Minutes east of UTC at a moment (UTC us), daylight saving included. UTC for an unknown zone. */
int zone_minutes(const char *name, int64_t at);

/* Reads "2026-11-29 23:59" (or with a T; or the date alone, which is its 23:59) as the wall clock
 * of a zone. Of an hour that comes twice the later one is taken. ERR_INPUT says what is wrong: the
 * form, the calendar, or a minute that the zone's clocks jump over. */
struct err zone_read(const char *name, const char *text, int64_t *out_at);

#define ZONE_TEXT_MAX 24
/* "2026-11-29 23:59", as zone_read reads it; "" for 0. */
const char *zone_write(const char *name, int64_t at, char out[ZONE_TEXT_MAX]);

#endif
