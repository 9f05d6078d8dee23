/* expect: forbidden_call getppid */
/* Asks who started it. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_getppid, 0, 0, 0, 0);
}
