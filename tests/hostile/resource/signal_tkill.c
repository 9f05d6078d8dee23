/* expect: forbidden_call tkill */
/* Kills its init by the oldest of the thread calls. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_tkill, 1, SIGKILL, 0, 0);
}
