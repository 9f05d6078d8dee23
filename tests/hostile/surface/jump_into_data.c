/* expect: signalled SEGV */
/* Jumps into data. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* return 42 */
    int (*run)(void) = (int (*)(void))(uintptr_t)code;
    return run() == 42 ? BREACH : 1;
}
