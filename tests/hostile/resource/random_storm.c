/* expect: cpu_limit */
/* Asks for random bytes in pieces of 16 MiB: one long call after the other, each of which must
 * be killable. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static char piece[16 << 20];
    for (;;)
        (void)!syscall(SYS_getrandom, piece, sizeof piece, 0);
}
