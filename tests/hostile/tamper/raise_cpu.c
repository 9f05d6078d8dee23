/* expect: signalled XCPU */
/* Sends itself the signal of the CPU limit after no time at all. It ends either way, to nobody's
 * harm but its own. */
#include "tests/hostile/hostile.h"

int main(void)
{
    (void)syscall(SYS_tgkill, 2, 2, SIGXCPU);
    breach("it went on");
}
