/* expect: exited 0 cut */
/* profile: compile */
/* In the place of the compiler: writes a program and runs it by the one descriptor number that
 * may be run. /work is mounted without execution. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char *const argv[] = {"x", NULL};
    int fd = open("x", O_RDWR | O_CREAT, 0700);
    if (fd < 0 || write(fd, "\177ELF", 4) != 4 || fcntl(fd, F_DUPFD, 24) != 24)
        return 1;
    must_fail(syscall(SYS_execveat, 24, "", argv, argv + 1, AT_EMPTY_PATH), "execveat");
    return errno == EACCES || errno == ETXTBSY ? 0 : 1;
}
