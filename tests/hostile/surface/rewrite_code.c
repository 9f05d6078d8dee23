/* expect: signalled SEGV */
/* Makes its own code writable, which loses the right to run it: the next instruction is the
 * last. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char *code = (char *)((uintptr_t)main & ~4095UL);
    if (mprotect(code, 4096, PROT_READ | PROT_WRITE) < 0)
        return 1;
    breach("it runs what it may write");
}
