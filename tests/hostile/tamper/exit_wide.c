/* expect: exited 1 */
/* Exits with a number that has more than the eight bits that count. */
#include "tests/hostile/hostile.h"

int main(void)
{
    (void)syscall(SYS_exit_group, 0x7fffff01);
    breach("it went on");
}
