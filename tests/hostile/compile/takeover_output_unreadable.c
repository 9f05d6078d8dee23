/* expect: exited 0 */
/* profile: compile */
/* In the place of the compiler: leaves an output that nobody may read. */
#include "tests/hostile/hostile.h"

int main(void)
{
    int fd = open("a.o", O_WRONLY | O_CREAT, 0600);
    return fd >= 0 && write(fd, "x", 1) == 1 && chmod("a.o", 0) == 0 ? 0 : 1;
}
