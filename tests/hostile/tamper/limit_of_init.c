/* expect: forbidden_call prlimit64 */
/* Lowers a limit of its init, to make the next run fail. */
#include "tests/hostile/hostile.h"

#include <sys/resource.h>

int main(void)
{
    struct rlimit none = {0, 0};
    never(SYS_prlimit64, 1, RLIMIT_NOFILE, (long)&none, 0);
}
