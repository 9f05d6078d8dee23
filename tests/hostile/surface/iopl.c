/* expect: forbidden_call iopl */
/* Asks for the ports of the machine. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_iopl, 3, 0, 0, 0);
}
