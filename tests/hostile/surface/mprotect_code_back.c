/* expect: forbidden_call mprotect */
/* Makes its own code writable and executable at once. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char *code = (char *)((uintptr_t)main & ~4095UL);
    never(SYS_mprotect, (long)code, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, 0);
}
