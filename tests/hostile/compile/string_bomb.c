/* expect: memory_limit | cpu_limit | output_limit | exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* String literals glued by macros to gigabytes. */
#define A(x) x x x x x x x x x x
#define B(x) A(A(A(A(x))))
const char y[] = B(B(B("bomb")));
