/* expect: forbidden_call pause */
/* Waits for a signal that never comes. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_pause, 0, 0, 0, 0);
}
