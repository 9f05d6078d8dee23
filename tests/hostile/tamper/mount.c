/* expect: forbidden_call mount */
/* Mounts procfs over its root. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_mount, (long)"proc", (long)"/", (long)"proc", 0);
}
