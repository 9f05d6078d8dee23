/* The C library's idea of a zone is the variable TZ: it is set under a lock and stays set. */
#include "grader/zone.h"

#include "sandbox/base/text.h"

#include <ctype.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void enter(const char *name);
static void leave(void);
static bool has_shape(const char *text, const char *shape);
static bool is_calendar(const struct tm *asked);
static int64_t find_moment(const struct tm *asked);

static const struct {
    const char *shape, *form;
} forms[] = {{"0000-00-00", "%Y-%m-%d"},
             {"0000-00-00 00:00", "%Y-%m-%d %H:%M"},
             {"0000-00-00T00:00", "%Y-%m-%dT%H:%M"}};

#define FOLDER "/usr/share/zoneinfo"
#define SECOND ((int64_t)1000000)

/* Not data of the program: it guards what the C library keeps for the whole process. */
static pthread_mutex_t library = PTHREAD_MUTEX_INITIALIZER;

bool zone_is_known(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "_+-/";
    static const char *const none[] = {"localtime", "posixrules", "Factory"}; /* files of a host */
    char path[ZONE_NAME_MAX + sizeof FOLDER + 1];
    char magic[4];
    size_t size = strlen(name);
    if (size == 0 || size >= ZONE_NAME_MAX || strspn(name, letters) != size || name[0] == '/' ||
        strncmp(name, "posix/", 6) == 0 || strncmp(name, "right/", 6) == 0)
        return false; /* right/ counts leap seconds */
    for (size_t i = 0; i < COUNT(none); i++)
        if (strcmp(name, none[i]) == 0)
            return false;
    (void)snprintf(path, sizeof path, FOLDER "/%s", name); /* fits */
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic &&
           memcmp(magic, "TZif", sizeof magic) == 0;
}

int zone_minutes(const char *name, int64_t at)
{
    struct tm local = {0};
    time_t seconds = (time_t)(at / SECOND);
    if (strcmp(name, "UTC") == 0)
        return 0;
    enter(name);
    bool good = localtime_r(&seconds, &local) != NULL;
    leave();
    return good ? (int)(local.tm_gmtoff / 60) : 0;
}

struct err zone_read(const char *name, const char *text, int64_t *out_at)
{
    struct tm asked = {.tm_hour = 23, .tm_min = 59};
    const char *form = NULL;
    for (size_t i = 0; i < COUNT(forms) && form == NULL; i++)
        form = has_shape(text, forms[i].shape) ? forms[i].form : NULL;
    if (form == NULL)
        return err_make(ERR_INPUT, "'%.40s' is no time: write 2026-11-29 23:59", text);
    if (strptime(text, form, &asked) == NULL || !is_calendar(&asked))
        return err_make(ERR_INPUT, "'%s' is in no calendar", text);

    enter(name);
    int64_t at = find_moment(&asked);
    leave();
    if (at < 0)
        return err_make(ERR_INPUT, "'%s' does not exist in %s: clocks jump over it", text, name);
    *out_at = at;
    return err_none();
}

const char *zone_write(const char *name, int64_t at, char out[ZONE_TEXT_MAX])
{
    time_t seconds = (time_t)(at / SECOND) + (time_t)zone_minutes(name, at) * 60;
    struct tm local;
    out[0] = 0;
    if (at != 0 && gmtime_r(&seconds, &local) != NULL)
        (void)strftime(out, ZONE_TEXT_MAX, "%Y-%m-%d %H:%M", &local); /* fits */
    return out;
}

/* The colon makes the C library read a file, and nothing else. */
static void enter(const char *name)
{
    char variable[ZONE_NAME_MAX + 1];
    (void)pthread_mutex_lock(&library); /* cannot fail for a plain mutex */
    (void)snprintf(variable, sizeof variable, ":%s", name);
    const char *now = getenv("TZ");
    if (now == NULL || strcmp(now, variable) != 0)
        (void)setenv("TZ", variable, 1); /* without memory the old zone stays: minutes are off */
    tzset();
}

static void leave(void)
{
    (void)pthread_mutex_unlock(&library);
}

/* A 0 stands for any digit. */
static bool has_shape(const char *text, const char *shape)
{
    size_t i = 0;
    while (shape[i] != 0 &&
           (shape[i] == '0' ? isdigit((unsigned char)text[i]) != 0 : text[i] == shape[i]))
        i++;
    return shape[i] == 0 && text[i] == 0;
}

static bool is_calendar(const struct tm *asked)
{
    struct tm same = *asked;
    time_t seconds = timegm(&same);
    return asked->tm_year >= 100 && asked->tm_year < 200 && seconds >= 0 &&
           same.tm_mon == asked->tm_mon && same.tm_mday == asked->tm_mday &&
           same.tm_hour == asked->tm_hour && same.tm_min == asked->tm_min;
}

/* With summer time and without: the later moment that really shows this wall clock, or -1. */
static int64_t find_moment(const struct tm *asked)
{
    int64_t found = -1;
    for (int summer = 0; summer < 2; summer++) {
        struct tm local = *asked;
        struct tm shown;
        local.tm_isdst = summer;
        time_t seconds = mktime(&local);
        if (seconds < 0 || localtime_r(&seconds, &shown) == NULL)
            continue;
        if (shown.tm_mday == asked->tm_mday && shown.tm_hour == asked->tm_hour &&
            shown.tm_min == asked->tm_min && (int64_t)seconds * SECOND > found)
            found = (int64_t)seconds * SECOND;
    }
    return found;
}
