/* expect: forbidden_call fsopen */
/* The same by the new calls. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_fsopen, (long)"tmpfs", 0, 0, 0);
}
