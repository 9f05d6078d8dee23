/* expect: forbidden_call fork (32-bit) | signalled SEGV | signalled ILL */
/* Enters the kernel by the fast gate of 32-bit programs. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long result = 2;
    __asm__ volatile("mov %%rsp, %%rbp\n\tsysenter"
                     : "+a"(result)
                     :
                     : "rbp", "rcx", "rdx", "memory");
    breach("the call came back");
}
