/* expect: forbidden_call select */
/* Waits for nothing for ever, the old way. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_select, 0, 0, 0, 0);
}
