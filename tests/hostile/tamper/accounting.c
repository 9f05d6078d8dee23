/* expect: forbidden_call acct */
/* Has the kernel log every process. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_acct, (long)"/tmp/log", 0, 0, 0);
}
