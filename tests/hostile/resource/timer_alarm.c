/* expect: forbidden_call alarm */
/* Sets an alarm, to be interrupted at moments of its choice. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_alarm, 1, 0, 0, 0);
}
