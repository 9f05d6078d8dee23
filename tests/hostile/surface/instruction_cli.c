/* expect: signalled SEGV */
/* Masks interrupts. Only the kernel may. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long a = 0, c = 0, d = 0;
    __asm__ volatile("cli" : "+a"(a), "+c"(c), "+d"(d) : : "memory");
    breach("it went on");
}
