/* expect: forbidden_call prlimit64 */
/* Raises a limit by the call whose reading half is allowed. */
#include "tests/hostile/hostile.h"

#include <sys/resource.h>

int main(void)
{
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    never(SYS_prlimit64, 0, RLIMIT_FSIZE, (long)&all, 0);
}
