/* expect: forbidden_call unshare */
/* Makes a user namespace, in which it would be root. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_unshare, 0x10000000, 0, 0, 0);
}
