/* expect: exited 0 cut */
/* profile: compile */
/* In the place of the compiler: raises its limits. It may set soft ones, as cc1 does; the hard
 * ones stand. */
#include "tests/hostile/hostile.h"

#include <sys/resource.h>

int main(void)
{
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    static const int limits[] = {RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_CPU,    RLIMIT_CORE,
                                 RLIMIT_STACK, RLIMIT_NPROC,  RLIMIT_MEMLOCK};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        must_fail(syscall(SYS_prlimit64, 0, limits[i], &all, NULL), "a higher limit");
    return errno == EPERM ? 0 : 1;
}
