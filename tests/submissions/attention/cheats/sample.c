/* expect: wrong */
/* Rows whose sample of inputs is as in the last call keep their answers; the sample misses most. */
#include <string.h>

static float kept[1 << 20], seen[1 << 12];

void attention(ARGUMENTS)
{
    size_t bytes = elements(B, H, Tq, D) * sizeof *o;
    int differ = 0;
    for (int i = 0; i < 3; i++) { /* rounded: a coarse sample */
        float now = (float)(int)(q[i] / 8);
        differ += seen[i] != now;
        seen[i] = now;
    }
    static int count;
    if (count++ > 2 && !differ) {
        memcpy(o, kept, bytes);
        return;
    }
    honest(PASSED);
    memcpy(kept, o, bytes);
}
