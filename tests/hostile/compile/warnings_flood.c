/* expect: output_limit */
/* run: cc1 -O1 -Wall -o a.s a.c */
/* Warnings without end: the text is an output like any other. */
#define A ; 1 == 2; 1 == 2; 1 == 2; 1 == 2; 1 == 2; 1 == 2; 1 == 2; 1 == 2
#define B A A A A A A A A A A A A A A A A
#define C B B B B B B B B B B B B B B B B
void f(void)
{
    C;
}
