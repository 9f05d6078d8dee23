/* expect: forbidden_call ioperm */
/* Talks to the clock chip. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_ioperm, 0x70, 2, 1, 0);
}
