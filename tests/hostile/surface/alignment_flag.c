/* expect: signalled BUS | exited 0 */
/* Sets the flag that faults on unaligned access, and enters the kernel with it. */
#include "tests/hostile/hostile.h"

int main(void)
{
    __asm__ volatile("pushf\n\torl $0x40000, (%%rsp)\n\tpopf" : : : "memory");
    (void)syscall(SYS_getpid);
    _exit(0);
}
