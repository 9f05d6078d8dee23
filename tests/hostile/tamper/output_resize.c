/* expect: forbidden_call ftruncate */
/* Shrinks its answer, so that the reader's mapping faults. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_ftruncate, ANSWER, 0, 0, 0);
}
