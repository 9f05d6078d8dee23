/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* says: No such file */
/* The same by climbing out of /work. */
#include "../../../../etc/passwd"
int x;
