/* expect: forbidden_call socket */
/* Uses the kernel's cryptography. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_socket, 38, 5, 0, 0);
}
