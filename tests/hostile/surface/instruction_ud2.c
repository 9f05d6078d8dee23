/* expect: signalled ILL */
/* Runs what is no instruction. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long a = 0, c = 0, d = 0;
    __asm__ volatile("ud2" : "+a"(a), "+c"(c), "+d"(d) : : "memory");
    breach("it went on");
}
