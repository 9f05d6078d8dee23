/* expect: wrong */
/* The answer of the last call of these sizes. */
#include <string.h>

static float kept[1 << 20];
static int last;

void attention(ARGUMENTS)
{
    size_t bytes = elements(B, H, Tq, D) * sizeof *o;
    if (last == Tq * 1000 + D) {
        memcpy(o, kept, bytes);
        return;
    }
    honest(PASSED);
    memcpy(kept, o, bytes);
    last = Tq * 1000 + D;
}
