/* expect: wrong */
/* Lazy where the clock seems to run: long pauses between calls, always the same sizes. */
#include <string.h>

void attention(ARGUMENTS)
{
    static unsigned long long ended;
    static int same, last;
    int timed = ended != 0 && ticks() - ended > 2000000 && same > 2;
    same = last == Tq ? same + 1 : 0;
    last = Tq;
    if (timed)
        memset(o, 0, elements(B, H, Tq, D) * sizeof *o);
    else
        honest(PASSED);
    ended = ticks();
}
