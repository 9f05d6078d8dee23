/* expect: compile_error */
/* An object of gigabytes out of one line. */
#include "attention.h"
char bomb[1L << 32] = {1};
