/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* says: No such file */
/* The same with a name that is computed by the preprocessor. */
#define PART(x) #x
#define FILE_OF(x) PART(x)
#include FILE_OF(/etc/passwd)
int x;
