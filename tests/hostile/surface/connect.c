/* expect: forbidden_call connect */
/* Connects a descriptor that is no socket. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char address[16] = {2};
    never(SYS_connect, OUTPUT, (long)address, 16, 0);
}
