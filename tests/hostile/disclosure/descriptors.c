/* expect: exited 0 */
/* Looks for descriptors that it was not handed: 0 to 4 are all. */
#include "tests/hostile/hostile.h"

int main(void)
{
    struct stat info;
    for (int fd = 5; fd < 1 << 16; fd++) {
        if (fstat(fd, &info) == 0)
            breach("another descriptor is open");
    }
    return fstat(ANSWER, &info) == 0 ? 0 : 1;
}
