/* expect: forbidden_call tee */
/* Doubles the pages of a pipe. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_tee, QUESTION, OUTPUT, 1, 0);
}
