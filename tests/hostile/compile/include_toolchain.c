/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* says: No such file */
/* The driver, which could start other programs: it is not in the view. */
#include "/usr/bin/gcc"
int x;
