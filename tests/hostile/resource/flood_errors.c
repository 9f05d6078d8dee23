/* expect: output_limit */
/* Writes without end to its error output. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static char piece[4096];
    while (write(ERRORS, piece, sizeof piece) > 0)
        continue;
    return 1;
}
