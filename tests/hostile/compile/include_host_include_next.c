/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* says: No such file */
/* The same by the other directive. */
#include_next </etc/hostname>
int x;
