/* expect: exited 0 cut | wall_limit */
/* profile: compile */
/* In the place of the compiler: takes locks and leases on files of the toolchain, which the host
 * uses too. */
#include "tests/hostile/hostile.h"

int main(void)
{
    struct flock whole = {.l_type = F_WRLCK};
    int fd = open("/usr/include/stdio.h", O_RDONLY);
    if (fd < 0)
        return 1;
    must_fail(fcntl(fd, F_SETLK, &whole), "a write lock");
    must_fail(fcntl(fd, F_SETLEASE, F_RDLCK), "a lease");
    return 0;
}
