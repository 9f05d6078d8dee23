/* expect: signalled SEGV */
/* Sets its own page tables. Only the kernel may. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long a = 0, c = 0, d = 0;
    __asm__ volatile("mov %%rax, %%cr3" : "+a"(a), "+c"(c), "+d"(d) : : "memory");
    breach("it went on");
}
