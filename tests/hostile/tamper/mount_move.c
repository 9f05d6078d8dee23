/* expect: forbidden_call move_mount */
/* Moves a mount. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_move_mount, INPUT, (long)"", AT_FDCWD, (long)"/");
}
