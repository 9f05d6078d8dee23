/* expect: forbidden_call execveat */
/* Becomes a shell by the call that started it: only one descriptor number may be run, and that
 * is closed. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_execveat, AT_FDCWD, (long)"/bin/sh", 0, 0);
}
