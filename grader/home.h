/* Where this installation lies: found from the running program, so that nothing has to be set. */
#ifndef GRADER_HOME_H
#define GRADER_HOME_H

#include "sandbox/base/err.h"

#include <stddef.h>

/* The nearest folder at or above this program's own that holds assignments/. */
struct err home_find(char *out, size_t size);

/* The path of a file beside this program, whether it is there or not. */
struct err home_file(const char *name, char *out, size_t size);

/* The path of a program beside this one: "worker", "sandbox". */
struct err home_program(const char *name, char *out, size_t size);

#endif
