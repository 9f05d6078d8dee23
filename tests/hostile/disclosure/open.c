/* expect: forbidden_call open */
/* Opens a host file by the oldest call. No profile for programs has any call that opens. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_open, (long)"/etc/passwd", O_RDONLY, 0, 0);
}
