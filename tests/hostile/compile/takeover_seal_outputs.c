/* expect: exited 0 cut */
/* profile: compile */
/* In the place of the compiler: seals its streams and changes their flags, which it shares with
 * the runner: what was written stays readable. */
#include "tests/hostile/hostile.h"

int main(void)
{
    if (write(OUTPUT, "x", 1) != 1)
        return 1;
    for (int fd = 0; fd < 5; fd++) {
        (void)fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SHRINK);
        (void)fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
        (void)fcntl(fd, F_SETOWN, 1);
        (void)fcntl(fd, F_SETSIG, SIGKILL);
    }
    must_fail(fcntl(INPUT, F_ADD_SEALS, F_SEAL_WRITE), "a seal on the input");
    return 0;
}
