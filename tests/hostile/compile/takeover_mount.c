/* expect: forbidden_call mount */
/* profile: compile */
/* In the place of the compiler: mounts over /work, where the outputs are looked for. The tools
 * need no such call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_mount, (long)"none", (long)"/work", (long)"tmpfs", 0);
}
