/* expect: exited 0 */
/* Looks for the secret of the canary, which filled memory a moment ago, in fresh pages, below
 * its stack and in its heap. */
#include "tests/hostile/hostile.h"

static void look(const char *at, size_t size, const char *secret)
{
    if (memmem(at, size, secret, 15) != NULL)
        breach("memory of the run before");
}

int main(void)
{
    enum { SIZE = 40 << 20, STACK = 4 << 20 };
    char secret[16];
    canary_secret(secret);
    char *fresh = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fresh != MAP_FAILED)
        look(fresh, SIZE, secret);
    look(sbrk(1 << 20), 1 << 20, secret);
    volatile char below[STACK];
    below[0] = 0;
    look((const char *)(uintptr_t)below, sizeof below, secret);
    return 0;
}
