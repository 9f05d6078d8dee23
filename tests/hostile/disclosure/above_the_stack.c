/* expect: exited 0 */
/* Writes everything above its stack pointer to its output, as far as there is memory: the runner
 * looks for its secrets there. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char *at = (char *)((uintptr_t)__builtin_frame_address(0) & ~4095UL);
    (void)signal(SIGXFSZ, SIG_IGN);
    while (write(OUTPUT, at, 4096) == 4096)
        at += 4096;
    return 0;
}
