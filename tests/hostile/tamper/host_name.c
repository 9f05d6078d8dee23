/* expect: forbidden_call sethostname */
/* Renames the host. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_sethostname, (long)"owned", 5, 0, 0);
}
