/* expect: forbidden_call poll */
/* Waits for nothing for ever. There is no descriptor to wait for, hence no poll. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_poll, 0, 0, -1, 0);
}
