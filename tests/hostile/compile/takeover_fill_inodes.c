/* expect: exited 0 cut */
/* profile: compile */
/* In the place of the compiler: fills /work with empty files; their number is limited too. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char name[] = "f00000";
    for (int i = 0; i < 20000; i++) {
        for (int digit = 5, rest = i; digit > 0; digit--, rest /= 10)
            name[digit] = (char)('0' + rest % 10);
        int fd = open(name, O_WRONLY | O_CREAT, 0600);
        if (fd < 0)
            return 0;
        (void)close(fd);
    }
    breach("twenty thousand files");
}
