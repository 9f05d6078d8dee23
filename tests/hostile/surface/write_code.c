/* expect: signalled SEGV */
/* Writes into its own code. */
#include "tests/hostile/hostile.h"

int main(void)
{
    *(volatile unsigned char *)(uintptr_t)main = 0xc3;
    breach("code can be written");
}
