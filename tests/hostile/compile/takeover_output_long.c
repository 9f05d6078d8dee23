/* expect: output_limit */
/* profile: compile */
/* In the place of the compiler: leaves an output with a terabyte of holes. */
#include "tests/hostile/hostile.h"

int main(void)
{
    int fd = open("a.o", O_WRONLY | O_CREAT, 0600);
    must_fail(ftruncate(fd, 1L << 40), "a terabyte");
    return 1;
}
