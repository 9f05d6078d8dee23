/* expect: forbidden_call ptrace */
/* Attaches to its init. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_ptrace, 16, 1, 0, 0);
}
