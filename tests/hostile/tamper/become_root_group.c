/* expect: forbidden_call setresgid */
/* Becomes root's group. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_setresgid, 0, 0, 0, 0);
}
