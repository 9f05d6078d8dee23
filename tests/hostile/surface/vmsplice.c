/* expect: forbidden_call vmsplice */
/* Gives pages of its own to a pipe. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_vmsplice, OUTPUT, 0, 0, 0);
}
