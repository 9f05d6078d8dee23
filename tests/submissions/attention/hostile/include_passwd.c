/* expect: compile_error */
/* Wants the compiler to print a host file. */
#include "/etc/passwd"
#include "attention.h"
