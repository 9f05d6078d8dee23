/* expect: signalled SEGV */
/* Reads the kernel's memory. */
#include "tests/hostile/hostile.h"

int main(void)
{
    volatile long *at = (volatile long *)0xffffffff81000000;
    (void)at[0];
    breach("the kernel can be read");
}
