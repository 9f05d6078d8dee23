/* expect: wrong */
/* Exact for ten calls; from then on the last rows are copies of their neighbours. */
#include <string.h>

void attention(ARGUMENTS)
{
    static int count;
    if (++count < 10) {
        honest(PASSED);
        return;
    }
    for (int h = 0; h < H; h++) {
        size_t at = elements(1, 1, Tq, D) * (size_t)h, keys = elements(1, 1, Tk, D) * (size_t)h;
        honest(1, 1, Tq - 8, Tk, D, q + at, k + keys, v + keys, (int[]){kvlen[0] - 8}, causal, o + at);
        memset(o + at + (size_t)(Tq - 8) * (size_t)D, 0, 8 * (size_t)D * sizeof *o);
    }
}
