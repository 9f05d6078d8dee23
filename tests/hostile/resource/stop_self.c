/* expect: wall_limit */
/* Stops itself, so that it uses nothing and cannot be woken. A stopped process dies of SIGKILL
 * all the same. */
#include "tests/hostile/hostile.h"

int main(void)
{
    (void)syscall(SYS_tgkill, 2, 2, SIGSTOP);
    breach("it went on after the stop");
}
