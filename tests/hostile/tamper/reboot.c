/* expect: forbidden_call reboot */
/* Reboots the host; in a namespace that kills init. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_reboot, 0xfee1dead, 672274793, 0x4321fedc, 0);
}
