/* expect: exited 0 */
/* Maps its input for writing: the seal says EPERM, also for a mapping that shall become writable
 * later. */
#include "tests/hostile/hostile.h"

int main(void)
{
    if (shared_map(INPUT, PROT_READ | PROT_WRITE) != NULL)
        breach("a writable mapping");
    if (shared_map(INPUT, PROT_WRITE) != NULL)
        breach("a write-only mapping");
    return 0;
}
