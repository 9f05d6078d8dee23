/* expect: exited 0 cut */
/* profile: compile */
/* In the place of the compiler: becomes the assembler by the descriptor number that may be run.
 * The walls are the same for whatever it becomes. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char *const argv[] = {"as", "--version", NULL};
    int fd = open("/usr/bin/as", O_RDONLY);
    if (fd < 0 || fcntl(fd, F_DUPFD, 24) != 24)
        return 1;
    (void)syscall(SYS_execveat, 24, "", argv, argv + 2, AT_EMPTY_PATH);
    return 1;
}
