/* expect: forbidden_call chdir */
/* Walks out of its root. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_chdir, (long)"..", 0, 0, 0);
}
