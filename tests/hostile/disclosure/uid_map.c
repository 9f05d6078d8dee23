/* expect: forbidden_call openat */
/* Opens the map of its user namespace. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_openat, AT_FDCWD, (long)"/proc/self/uid_map", O_RDWR, 0);
}
