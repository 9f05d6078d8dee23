/* expect: forbidden_call pipe2 */
/* Takes kernel memory by pipes, 64 KiB each. */
#include "tests/hostile/hostile.h"

int main(void)
{
    int ends[2];
    never(SYS_pipe2, (long)ends, 0, 0, 0);
}
