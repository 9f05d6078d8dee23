/* expect: forbidden_call add_key */
/* Leaves a message for the next one in a keyring. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_add_key, (long)"user", (long)"leak", (long)"x", 1);
}
