/* expect: compile_error */
/* The same through token pasting, which no filter of source text sees. */
#define PATH </etc/passwd>
#include PATH
