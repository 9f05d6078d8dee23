/* expect: output_limit */
/* run: cc1 -O1 -o a.s a.c */
/* Messages of its own without end. */
#define A _Pragma("message \"a long message that is repeated again and again until somebody stops it\"")
#define B A A A A A A A A A A A A A A A A
#define C B B B B B B B B B B B B B B B B
C C C C
int x;
