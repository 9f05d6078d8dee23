/* expect: exited 0 cut | memory_limit */
/* profile: compile */
/* In the place of the compiler: fills /work with files. It has the size of the memory limit and
 * is charged to it. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static char piece[65536];
    char name[] = "f0000";
    for (int i = 0; i < 10000; i++) {
        for (int digit = 4, rest = i; digit > 0; digit--, rest /= 10)
            name[digit] = (char)('0' + rest % 10);
        int fd = open(name, O_WRONLY | O_CREAT, 0600);
        if (fd < 0 || write(fd, piece, sizeof piece) != sizeof piece)
            return 0;
        (void)close(fd);
    }
    breach("six hundred megabytes of files");
}
