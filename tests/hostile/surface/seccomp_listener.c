/* expect: forbidden_call seccomp */
/* Becomes the listener of its own filter. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_seccomp, 1, 8, 0, 0);
}
