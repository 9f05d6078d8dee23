/* expect: signalled SEGV */
/* Takes the kernel's segment base. Only the kernel may. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long a = 0, c = 0, d = 0;
    __asm__ volatile("swapgs" : "+a"(a), "+c"(c), "+d"(d) : : "memory");
    breach("it went on");
}
