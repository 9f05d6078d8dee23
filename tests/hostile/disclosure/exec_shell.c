/* expect: forbidden_call execve */
/* Becomes a shell. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_execve, (long)"/bin/sh", 0, 0, 0);
}
