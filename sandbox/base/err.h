/* How our own failures travel: by value, freed by nobody, logged once at the edge.
 *
 * What the student's program did wrong is never a struct err; it is a result and travels as data.
 */
#ifndef SANDBOX_BASE_ERR_H
#define SANDBOX_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

/* What went wrong, for a caller that must choose what to do next. */
enum err_code {
    ERR_NONE = 0,
    ERR_INPUT,    /* their data is wrong; never retried */
    ERR_LIMIT,    /* a stated limit was passed */
    ERR_BUSY,     /* later might work */
    ERR_SYSTEM,   /* the machine said no; sys_errno is set */
    ERR_INTERNAL, /* we broke our own promise */
};

struct err {
    enum err_code code;
    int sys_errno;  /* of ERR_SYSTEM, else 0 */
    char text[160]; /* what was tried and on what; with ERR_SYSTEM also the system's words */
};

/* Success. */
struct err err_none(void);

/* A failure. ERR_SYSTEM takes errno as it stands at the call and appends its words. */
struct err err_make(enum err_code code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* True unless it is success. */
bool err_is(struct err err);

/* The lower-case word of a code, for logs: "none", "input", "limit", "busy", "system", "internal".
 */
const char *err_word(enum err_code code);

#define COUNT(array) ((size_t)(sizeof(array) / sizeof((array)[0])))

/* Scope-bound owners: `auto_free char *text = ...;`, `auto_close int fd = -1;`. */
#define auto_free __attribute__((cleanup(err_cleanup_free)))
#define auto_close __attribute__((cleanup(err_cleanup_close)))

/* For the two macros above only. */
void err_cleanup_free(void *pointer_to_pointer);
void err_cleanup_close(const int *fd);

#endif
