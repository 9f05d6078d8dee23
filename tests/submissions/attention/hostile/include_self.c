/* expect: compile_error */
/* Includes itself without end. */
#include __FILE__
#include __FILE__
