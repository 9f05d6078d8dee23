/* expect: exited 0 */
/* Writes without end and ignores the signal that tells of it: the write gets EFBIG, and the
 * output stays within its limit. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static char piece[4096];
    (void)signal(SIGXFSZ, SIG_IGN);
    while (write(OUTPUT, piece, sizeof piece) > 0)
        continue;
    return errno == EFBIG ? 0 : 1;
}
