/* expect: forbidden_call socket */
/* Listens to the wire. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_socket, 17, 3, 768, 0);
}
