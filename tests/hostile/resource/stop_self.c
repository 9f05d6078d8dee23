/* expect: forbidden_call tgkill */
/* Stops itself, so that it uses nothing and cannot be told from a program that we froze. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_tgkill, 2, 2, SIGSTOP, 0);
}
