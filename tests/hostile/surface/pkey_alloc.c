/* expect: forbidden_call pkey_alloc */
/* Takes a protection key. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_pkey_alloc, 0, 0, 0, 0);
}
