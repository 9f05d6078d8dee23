/* expect: memory_limit | cpu_limit | output_limit | exited 0 | exited 1 | exited 4 | signalled SEGV */
/* run: cc1 -O1 -o a.s a.c */
/* A type of a hundred thousand pointers. */
#define O10 * * * * * * * * * *
#define O100 O10 O10 O10 O10 O10 O10 O10 O10 O10 O10
#define O1000 O100 O100 O100 O100 O100 O100 O100 O100 O100 O100
#define O10000 O1000 O1000 O1000 O1000 O1000 O1000 O1000 O1000 O1000 O1000
int O10000 O10000 O10000 O10000 O10000 O10000 O10000 O10000 O10000 O10000 y;
