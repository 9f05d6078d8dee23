/* expect: exited 0 */
/* Has the kernel write into its input by every call that fills memory: the mapping is read-only
 * for the kernel too. */
#include "tests/hostile/hostile.h"

#include <sys/sysinfo.h>

int main(void)
{
    unsigned char *at = shared_map(INPUT, PROT_READ);
    if (at == NULL)
        return 1;
    (void)lseek(QUESTION, 0, SEEK_SET);
    must_fail(read(QUESTION, at, 8), "read");
    must_fail(syscall(SYS_getrandom, at, 64, 0), "getrandom");
    must_fail(syscall(SYS_sysinfo, at), "sysinfo");
    must_fail(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, at), "clock_gettime");
    must_fail(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, at, 8), "rt_sigprocmask");
    must_fail(syscall(SYS_sigaltstack, NULL, at), "sigaltstack");
    must_fail(syscall(SYS_sched_getaffinity, 0, 128, at), "sched_getaffinity");
    must_fail(syscall(SYS_prlimit64, 0, 3, NULL, at), "prlimit64");
    must_fail(fstat(INPUT, (struct stat *)(void *)at), "fstat");
    return errno == EFAULT ? 0 : 1;
}
