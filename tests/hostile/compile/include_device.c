/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* says: No such file */
/* A device that never ends: there are no devices. */
#include "/dev/zero"
int x;
