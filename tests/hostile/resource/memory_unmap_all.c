/* expect: signalled SEGV */
/* Unmaps everything that it has, its own code included. */
#include "tests/hostile/hostile.h"

int main(void)
{
    (void)munmap((void *)4096, 0x7ffffffff000 - 4096);
    breach("it runs without memory");
}
