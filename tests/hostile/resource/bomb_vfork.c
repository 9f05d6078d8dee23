/* expect: forbidden_call vfork */
/* A bomb by vfork. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_vfork, 0, 0, 0, 0);
}
