/* expect: forbidden_call setuid */
/* Becomes root. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_setuid, 0, 0, 0, 0);
}
