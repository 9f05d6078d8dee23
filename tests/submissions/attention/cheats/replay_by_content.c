/* expect: no gain */
/* The answer of an earlier call with the same inputs, told by a sample of them. */
#include <string.h>

enum { KEPT = 4 };
static float kept[KEPT][1 << 20];
static double sums[KEPT];

void attention(ARGUMENTS)
{
    static int next;
    size_t bytes = elements(B, H, Tq, D) * sizeof *o;
    double sum = 0;
    for (size_t i = 0; i < elements(B, H, Tq, D); i += 997)
        sum += (double)q[i] * 3 + (double)k[i % elements(B, H, Tk, D)];
    for (int i = 0; i < KEPT; i++)
        if (sums[i] == sum) {
            memcpy(o, kept[i], bytes);
            return;
        }
    honest(PASSED);
    memcpy(kept[next], o, bytes);
    sums[next] = sum;
    next = (next + 1) % KEPT;
}
