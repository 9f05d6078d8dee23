/* expect: exited 0 */
/* Asks where other processes may run: there are none. */
#include "tests/hostile/hostile.h"

int main(void)
{
    unsigned long mask[16];
    for (int pid = 3; pid < 4096; pid++)
        must_fail(syscall(SYS_sched_getaffinity, pid, sizeof mask, mask), "affinity of another");
    return errno == ESRCH ? 0 : 1;
}
