/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* says: No such file */
/* The same by the directive of another language. */
#import "/etc/shadow"
int x;
