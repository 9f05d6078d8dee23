/* expect: exited 0 */
/* Has the kernel write its own memory to the output: it refuses addresses that are not the
 * program's. */
#include "tests/hostile/hostile.h"

int main(void)
{
    must_fail(write(OUTPUT, (const void *)0xffffffff81000000, 4096), "kernel text");
    must_fail(write(OUTPUT, (const void *)0xffffffffff600000, 4096), "vsyscall page");
    must_fail(write(OUTPUT, (const void *)0xffff888000000000, 4096), "direct map");
    return errno == EFAULT ? 0 : 1;
}
