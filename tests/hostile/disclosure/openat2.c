/* expect: forbidden_call openat2 */
/* Opens a host file by the newest call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    unsigned long how[3] = {0};
    never(SYS_openat2, AT_FDCWD, (long)"/etc/passwd", (long)how, sizeof how);
}
