/* expect: forbidden_call ioctl */
/* Asks for signals on its output. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_ioctl, OUTPUT, 0x8901, 0, 0);
}
