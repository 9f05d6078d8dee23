/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* says: No such file */
/* Its own environment by procfs, which is not there. */
#include "/proc/self/environ"
int x;
