/* expect: forbidden_call fcntl */
/* Seals its output against whoever wants to empty it. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_fcntl, OUTPUT, F_ADD_SEALS, F_SEAL_SEAL, 0);
}
