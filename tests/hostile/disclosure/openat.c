/* expect: forbidden_call openat */
/* Opens a host file by libc's call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_openat, AT_FDCWD, (long)"/etc/passwd", O_RDONLY, 0);
}
