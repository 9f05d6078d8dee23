/* expect: forbidden_call access */
/* The same without wanting more than a yes. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_access, (long)"/dev/kmsg", 0, 0, 0);
}
