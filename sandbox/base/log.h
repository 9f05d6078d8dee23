/* One event per line on stderr, key=value, words first:
 *   2026-11-29T15:41:07.123Z info submission.stage id=41 stage=checking took_ms=812
 * No secrets, no source code. Foreign text goes through %s only after text_quote. */
#ifndef SANDBOX_BASE_LOG_H
#define SANDBOX_BASE_LOG_H

#include "sandbox/base/err.h"

enum log_level {
    LOG_ERROR, /* someone must act */
    LOG_WARN,  /* we went on anyway, and say so */
    LOG_INFO,  /* life events */
    LOG_DEBUG, /* free */
};

/* Drops what is below the level. Starts at LOG_INFO; set once in main. */
void log_set_level(enum log_level level);

/* Writes one line; `event` is a dotted word, the format gives the key=value part ("" for none). */
void log_line(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Logs an err at LOG_ERROR as code=… text="…". */
void log_err(const char *event, struct err err);

#endif
