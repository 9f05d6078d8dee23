/* expect: forbidden_call keyctl */
/* Uses the keyrings, which namespaces do not divide. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_keyctl, 0, -3, 0, 0);
}
