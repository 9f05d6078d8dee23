/* expect: forbidden_call getcwd */
/* Asks where it is. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char path[256];
    never(SYS_getcwd, (long)path, sizeof path, 0, 0);
}
