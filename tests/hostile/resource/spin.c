/* expect: cpu_limit */
/* Spins for ever. The slot watches the CPU time and kills. */
#include "tests/hostile/hostile.h"

int main(void)
{
    for (volatile unsigned long turns = 0;; turns++)
        continue;
}
