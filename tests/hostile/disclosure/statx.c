/* expect: forbidden_call statx */
/* The same by the newest call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_statx, AT_FDCWD, (long)"/etc/passwd", 0, 0xfff);
}
