/* expect: forbidden_call fork */
/* A bomb by fork. One process is the whole grant; the first call ends it. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_fork, 0, 0, 0, 0);
}
