/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* says: No such file */
/* A library of the host: the view has only what the tools open. */
#include "/usr/lib/x86_64-linux-gnu/libc.a"
int x;
