/* expect: forbidden_call futex_waitv */
/* Waits for many futexes: libc does not, so neither does the table. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_futex_waitv, 0, 0, 0, 0);
}
