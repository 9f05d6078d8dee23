/* expect: signalled KILL */
/* Kills itself as an out-of-memory kill would: the group's counter did not move. */
#include "tests/hostile/hostile.h"

int main(void)
{
    (void)syscall(SYS_tgkill, 2, 2, SIGKILL);
    breach("it went on");
}
