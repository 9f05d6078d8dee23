/* expect: forbidden_call setns */
/* Enters another namespace. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_setns, INPUT, 0, 0, 0);
}
