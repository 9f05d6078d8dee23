/* expect: forbidden_call pivot_root */
/* Changes the root of its namespace. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_pivot_root, (long)".", (long)".", 0, 0);
}
