/* expect: forbidden_call clone */
/* A process by clone without the thread flags. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_clone, SIGCHLD, 0, 0, 0);
}
