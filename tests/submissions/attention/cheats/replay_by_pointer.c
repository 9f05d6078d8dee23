/* expect: wrong */
/* The answer of the last call, if the inputs lie where they lay. */
#include <string.h>

static float kept[1 << 20];
static const float *last;

void attention(ARGUMENTS)
{
    size_t bytes = elements(B, H, Tq, D) * sizeof *o;
    if (q == last) {
        memcpy(o, kept, bytes);
        return;
    }
    honest(PASSED);
    memcpy(kept, o, bytes);
    last = q;
}
