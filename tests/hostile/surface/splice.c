/* expect: forbidden_call splice */
/* Moves pages between descriptors without a copy. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_splice, QUESTION, 0, OUTPUT, 0);
}
