/* expect: forbidden_call socket */
/* Talks to a service of the host by an abstract name. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_socket, 1, 1, 0, 0);
}
