/* expect: exited 0 cut */
/* profile: compile */
/* In the place of the compiler: changes the flags of its streams, which it shares with the runner:
 * what was written stays readable. */
#include "tests/hostile/hostile.h"

int main(void)
{
    if (write(OUTPUT, "x", 1) != 1)
        return 1;
    for (int fd = 0; fd < 5; fd++)
        (void)fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
    return write(OUTPUT, "y", 1) == 1 ? 0 : 1;
}
