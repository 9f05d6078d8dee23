/* expect: forbidden_call memfd_secret */
/* Makes memory that the kernel itself cannot see. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_memfd_secret, 0, 0, 0, 0);
}
