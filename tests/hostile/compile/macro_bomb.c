/* expect: memory_limit | cpu_limit | output_limit | exited 1 @rlimits */
/* run: cc1 -O1 -o a.s a.c */
/* A few lines that mean ten thousand million words. */
#define A(x) x x x x x x x x x x
#define B(x) A(A(A(x)))
#define C(x) B(B(B(x)))
int y = 0 C(+1);
