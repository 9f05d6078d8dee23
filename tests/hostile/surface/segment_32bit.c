/* expect: forbidden_call getpid (32-bit) | signalled SEGV */
/* Jumps into a 32-bit code segment and calls from there: the entry stays the 32-bit one,
 * whatever the segment. */
#include "tests/hostile/hostile.h"

int main(void)
{
    /* Far return to the user segment of 32-bit code, then int 0x80 with getpid's number there. */
    __asm__ volatile("pushq $0x23\n\t"
                     "pushq $1f\n\t"
                     "lretq\n"
                     ".code32\n"
                     "1:\n\t"
                     "movl $20, %%eax\n\t"
                     "int $0x80\n\t"
                     "ud2\n"
                     ".code64"
                     :
                     :
                     : "rax", "memory");
    breach("it came back");
}
