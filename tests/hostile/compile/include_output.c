/* expect: exited 0 */
/* run: cc1 -O1 -o a.s a.c */
/* Includes what it is about to write, which is empty yet. */
#include "/work/a.s"
int x;
