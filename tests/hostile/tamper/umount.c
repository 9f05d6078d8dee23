/* expect: forbidden_call umount2 */
/* Takes its empty root away, to see what is below. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_umount2, (long)"/", 2, 0, 0);
}
