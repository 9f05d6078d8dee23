/* expect: signalled SEGV */
/* Returns from a signal that never was, with a frame that asks for the kernel's code segment. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static unsigned long frame[128];
    for (int i = 0; i < 128; i++)
        frame[i] = 0x10; /* all registers, and the kernel's segment */
    __asm__ volatile("mov %0, %%rsp\n\tmov $15, %%eax\n\tsyscall" : : "r"(frame) : "rax", "memory");
    breach("it came back");
}
