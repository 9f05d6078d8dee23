/* expect: exited 1 | output_limit */
/* run: cc1 -O1 -fmax-include-depth=30 -o a.s a.c */
/* Includes itself without end: the depth is limited, and the text of the errors by the output
 * limit. */
#include __FILE__
#include __FILE__
