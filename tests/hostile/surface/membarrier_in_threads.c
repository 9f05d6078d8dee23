/* expect: forbidden_call membarrier */
/* profile: threads 2 */
/* The same where threads are granted. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_membarrier, 1, 0, 0, 0);
}
