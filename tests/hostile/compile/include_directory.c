/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* Includes a directory. */
#include "/usr/include"
int x;
