/* expect: forbidden_call ustat */
/* Makes a call that was forgotten. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_ustat, 0, 0, 0, 0);
}
