/* expect: forbidden_call socket */
/* Talks to the kernel by netlink, the richest of its parsers. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_socket, 16, 3, 0, 0);
}
