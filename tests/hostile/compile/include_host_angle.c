/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* says: No such file */
/* The same between angle brackets. */
#include </etc/passwd>
int x;
