/* expect: signalled SEGV */
/* The same with an address that is none, on which some processors faulted in the kernel. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static unsigned long frame[128];
    frame[21] = 0x8000000000000000; /* rip */
    frame[20] = (unsigned long)&frame[64];
    frame[23] = 0x002b000000000033; /* the segments of a program */
    __asm__ volatile("mov %0, %%rsp\n\tmov $15, %%eax\n\tsyscall" : : "r"(frame) : "rax", "memory");
    breach("it came back");
}
