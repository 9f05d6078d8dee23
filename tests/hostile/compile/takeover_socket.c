/* expect: forbidden_call socket */
/* profile: compile */
/* In the place of the compiler: calls home. The tools need no such call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_socket, 2, 1, 0, 0);
}
