/* expect: forbidden_call dup */
/* Floods the descriptor table. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_dup, OUTPUT, 0, 0, 0);
}
