/* expect: memory_limit | cpu_limit | output_limit | exited 1 | exited 4 | signalled SEGV */
/* run: cc1 -O1 -o a.s a.c */
/* Parentheses a million deep: the parser recurses until its stack is full. */
#define A(x) ((((((((((x))))))))))
#define B(x) A(A(A(A(A(A(A(A(A(A(x))))))))))
#define O10 ( ( ( ( ( ( ( ( ( (
#define O100 O10 O10 O10 O10 O10 O10 O10 O10 O10 O10
#define O1000 O100 O100 O100 O100 O100 O100 O100 O100 O100 O100
#define O10000 O1000 O1000 O1000 O1000 O1000 O1000 O1000 O1000 O1000 O1000
#define O100000 O10000 O10000 O10000 O10000 O10000 O10000 O10000 O10000 O10000 O10000
int y = O100000 O100000 O100000 O100000 1;
