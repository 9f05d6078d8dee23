/* expect: signalled SEGV | exited 0 */
/* Reads a hardware counter. The kernel may hand counters out; none is enabled. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long a = 0, c = 0, d = 0;
    __asm__ volatile("rdpmc" : "+a"(a), "+c"(c), "+d"(d) : : "memory");
    return 0;
}
