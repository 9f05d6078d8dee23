/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* says: No such file */
/* A host file by its path: gcc would print its lines as errors. It is not in the view. */
#include "/etc/passwd"
int x;
