/* expect: forbidden_call setsid */
/* Leaves its session. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_setsid, 0, 0, 0, 0);
}
