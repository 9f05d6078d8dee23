/* expect: forbidden_call getpriority */
/* Asks for the priority of its init. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_getpriority, 0, 1, 0, 0);
}
