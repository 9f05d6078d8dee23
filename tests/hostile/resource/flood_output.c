/* expect: output_limit */
/* Writes without end to its output. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static char piece[4096];
    while (write(OUTPUT, piece, sizeof piece) > 0)
        continue;
    return 1;
}
