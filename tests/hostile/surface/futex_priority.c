/* expect: forbidden_call futex */
/* Takes a lock with priority inheritance, the part of futexes whose bugs became root. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static unsigned word;
    never(SYS_futex, (long)&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0);
}
