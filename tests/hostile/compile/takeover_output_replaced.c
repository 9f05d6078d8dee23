/* expect: exited 0 */
/* profile: compile */
/* In the place of the compiler: moves its source over its output while both are open. */
#include "tests/hostile/hostile.h"

int main(void)
{
    int fd = open("a.o", O_RDWR | O_CREAT, 0600);
    return fd >= 0 && rename("a.c", "a.o") == 0 ? 0 : 1;
}
