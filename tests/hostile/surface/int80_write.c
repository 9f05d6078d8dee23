/* expect: forbidden_call exit (32-bit) | signalled SEGV @no32bit */
/* An allowed deed by the 32-bit entry: no number is allowed there. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long result = 1;
    __asm__ volatile("int $0x80" : "+a"(result) : "b"(0) : "memory");
    breach("the call came back");
}
