/* expect: forbidden_call openat */
/* Opens its own description in procfs, which is not there either. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_openat, AT_FDCWD, (long)"/proc/self/maps", O_RDONLY, 0);
}
