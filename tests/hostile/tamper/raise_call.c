/* expect: forbidden_call */
/* Sends itself the signal of a forbidden call: told as one, without a name, since a nested
 * filter would look the same. */
#include "tests/hostile/hostile.h"

int main(void)
{
    (void)syscall(SYS_tgkill, 2, 2, SIGSYS);
    breach("it went on");
}
