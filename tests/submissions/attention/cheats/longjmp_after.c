/* expect: runtime_error|wrong|exited_early|time_limit|no gain */
/* A right answer, then a jump into the frame of an earlier call. */
#include <setjmp.h>

static jmp_buf place;

void attention(ARGUMENTS)
{
    static int count;
    if (count++ == 0 && setjmp(place) != 0)
        return;
    honest(PASSED);
    if (count > 3)
        longjmp(place, 1);
}
