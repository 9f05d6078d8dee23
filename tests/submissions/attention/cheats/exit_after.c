/* expect: exited_early */
/* A right answer, then the end. */
#include <stdlib.h>

void attention(ARGUMENTS)
{
    honest(PASSED);
    _Exit(0);
}
