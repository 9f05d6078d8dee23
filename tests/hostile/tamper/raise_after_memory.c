/* expect: signalled KILL */
/* Takes nearly all of its memory and kills itself: still no out-of-memory kill. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char *at = malloc(40 << 20);
    if (at != NULL)
        memset(at, 1, 40 << 20);
    __asm__ volatile("" : : "r"(at) : "memory");
    (void)syscall(SYS_tgkill, 2, 2, SIGKILL);
    breach("it went on");
}
