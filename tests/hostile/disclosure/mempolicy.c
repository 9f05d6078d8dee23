/* expect: forbidden_call get_mempolicy */
/* Asks where its memory lies on the host. */
#include "tests/hostile/hostile.h"

int main(void)
{
    int mode = 0;
    never(SYS_get_mempolicy, (long)&mode, 0, 0, 0);
}
