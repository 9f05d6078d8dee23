/* expect: forbidden_call fcntl */
/* profile: compile */
/* In the place of the compiler: takes a lease on a file of the toolchain, which the host uses too. */
#include "tests/hostile/hostile.h"

int main(void)
{
    int fd = open("/usr/include/stdio.h", O_RDONLY);
    if (fd < 0)
        return 1;
    never(SYS_fcntl, fd, F_SETLEASE, F_RDLCK, 0);
}
