/* expect: memory_limit | cpu_limit | output_limit | exited 0 | exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* Two hundred thousand functions with names from a counter. */
#define GLUE(a, b) a##b
#define NAME(a, b) GLUE(a, b)
#define A int NAME(f, __COUNTER__)(int x) { return x + __COUNTER__; }
#define B A A A A A A A A A A
#define C B B B B B B B B B B
#define D C C C C C C C C C C
D D D D D D D D D D D D D D D D D D D D
