/* expect: forbidden_call socket */
/* Talks to the hypervisor. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_socket, 40, 1, 0, 0);
}
