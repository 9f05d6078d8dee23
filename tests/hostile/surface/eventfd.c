/* expect: forbidden_call eventfd2 */
/* Makes a counter in the kernel. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_eventfd2, 0, 0, 0, 0);
}
