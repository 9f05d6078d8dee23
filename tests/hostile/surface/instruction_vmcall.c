/* expect: signalled ILL | exited 0 | signalled SEGV */
/* Calls the hypervisor. What it asks for is nothing that exists; a hypervisor may answer that. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long a = 0, c = 0, d = 0;
    __asm__ volatile("vmcall" : "+a"(a), "+c"(c), "+d"(d) : : "memory");
    return 0;
}
