/* expect: exited 0 cut */
/* profile: compile */
/* In the place of the compiler: writes its output and takes it away again. */
#include "tests/hostile/hostile.h"

int main(void)
{
    int fd = open("a.o", O_WRONLY | O_CREAT, 0600);
    return fd >= 0 && write(fd, "x", 1) == 1 && unlink("a.o") == 0 ? 0 : 1;
}
