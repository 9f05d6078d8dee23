/* expect: signalled SEGV */
/* Pretends a page fault by its gate. Only the kernel may. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long a = 0, c = 0, d = 0;
    __asm__ volatile("int $0x0e" : "+a"(a), "+c"(c), "+d"(d) : : "memory");
    breach("it went on");
}
