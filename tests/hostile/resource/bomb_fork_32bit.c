/* expect: forbidden_call fork (32-bit) | signalled SEGV @no32bit */
/* A bomb by the 32-bit entry, whose numbers are others. The filter looks at the entry first. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long result = 2;
    for (;;)
        __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
}
