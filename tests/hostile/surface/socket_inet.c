/* expect: forbidden_call socket */
/* Opens a connection. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_socket, 2, 1, 0, 0);
}
