/* expect: signalled TRAP */
/* Traps as under a debugger. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long a = 0, c = 0, d = 0;
    __asm__ volatile("int3" : "+a"(a), "+c"(c), "+d"(d) : : "memory");
    breach("it went on");
}
