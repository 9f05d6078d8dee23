/* expect: exited 0 */
/* Reads the CPU clocks of other processes by their numbers: its namespace has only itself and
 * its init, whose clock tells nothing. */
#include "tests/hostile/hostile.h"

int main(void)
{
    struct timespec now;
    for (int pid = 3; pid < 4096; pid++)
        must_fail(syscall(SYS_clock_gettime, (~(long)pid << 3) | 2, &now), "clock of another");
    for (int fd = 0; fd < 5; fd++)
        must_fail(syscall(SYS_clock_gettime, (~(long)fd << 3) | 3, &now), "clock by descriptor");
    return 0;
}
