/* expect: signalled SEGV */
/* Jumps into memory that malloc gave. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* return 42 */
    unsigned char *at = malloc(4096);
    if (at == NULL)
        return 1;
    memcpy(at, code, sizeof code);
    int (*run)(void) = (int (*)(void))(uintptr_t)at;
    return run() == 42 ? BREACH : 1;
}
