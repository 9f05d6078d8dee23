/* expect: exited 0 */
/* What a program may know: random bytes, the cycle counter, its own numbers. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long bytes = 0;
    if (syscall(SYS_getrandom, &bytes, sizeof bytes, 0) != sizeof bytes)
        return 1;
    return __builtin_ia32_rdtsc() > 0 && syscall(SYS_getpid) == 2 && syscall(SYS_gettid) == 2 ? 0
                                                                                              : 1;
}
