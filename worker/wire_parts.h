/* The bodies of events, for wire.c. Private to worker/wire*.c. */
#ifndef WORKER_WIRE_PARTS_H
#define WORKER_WIRE_PARTS_H

#include "worker/wire.h"

#include <cjson/cJSON.h>

/* The word lists, in the order of their enums. */
extern const char *const wire_verdict_words[VERDICT_NOT_RUN + 1];
extern const char *const wire_outcome_words[OUTCOME_SYSTEM_ERROR + 1];
extern const char *const wire_event_words[EVENT_DONE + 1];
extern const char *const wire_found_words[FOUND_KINDS];

/* The body of EVENT_HELLO, both ways. */
struct err wire_hello_write(cJSON *body, const struct wire_hello *hello);
struct err wire_hello_read(const cJSON *body, struct wire_hello *hello);

/* Adds the fields of the event's body to an empty object. */
struct err wire_body_write(cJSON *body, const struct event *event);

/* Reads the body of an event whose kind is known. */
struct err wire_body_read(const cJSON *body, struct event *event);

/* The body of EVENT_COMPILED, both ways. */
struct err wire_compiled_write(cJSON *body, const struct wire_compiled *compiled);
struct err wire_compiled_read(const cJSON *body, struct wire_compiled *compiled);

#endif
