/* expect: exited 0 */
/* profile: compile */
/* In the place of the compiler: leaves its output open and mapped for writing. It is dead before
 * anybody reads. */
#include "tests/hostile/hostile.h"

int main(void)
{
    int fd = open("a.o", O_RDWR | O_CREAT, 0600);
    if (fd < 0 || ftruncate(fd, 4096) < 0)
        return 1;
    char *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return 1;
    memset(at, 'x', 4096);
    return 0;
}
