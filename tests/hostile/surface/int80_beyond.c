/* expect: forbidden_call 5000 (32-bit) | signalled SEGV @no32bit */
/* A number beyond the 32-bit table. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long result = 5000;
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
    breach("the call came back");
}
