/* expect: forbidden_call ioctl */
/* Pushes characters into a terminal. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_ioctl, QUESTION, 0x5412, (long)"x", 0);
}
