/* expect: wrong */
/* Right for six calls, then the answer of the sixth for ever. */
#include <string.h>

static float kept[1 << 20];

void attention(ARGUMENTS)
{
    static int count;
    size_t bytes = elements(B, H, Tq, D) * sizeof *o;
    if (++count > 6) {
        memcpy(o, kept, bytes);
        return;
    }
    honest(PASSED);
    memcpy(kept, o, bytes);
}
