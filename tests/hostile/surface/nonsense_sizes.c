/* expect: exited 0 */
/* Makes allowed memory calls with sizes that overflow. */
#include "tests/hostile/hostile.h"

int main(void)
{
    int how = MAP_PRIVATE | MAP_ANONYMOUS;
    must_fail((long)mmap(NULL, -1UL, PROT_READ, how, -1, 0) == -1 ? -1 : 0, "mmap");
    must_fail((long)mmap((void *)-4096L, 4096, PROT_READ, how | MAP_FIXED, -1, 0) == -1 ? -1 : 0,
              "mmap at the end");
    must_fail(munmap((void *)4096, -1UL), "munmap");
    must_fail(mprotect((void *)-8192L, 16384, PROT_READ), "mprotect");
    must_fail(madvise((void *)-8192L, 16384, MADV_DONTNEED), "madvise");
    must_fail(lseek(OUTPUT, -1, SEEK_SET), "lseek");
    must_fail(syscall(SYS_rt_sigaction, 1000, NULL, NULL, 8), "rt_sigaction");
    must_fail(syscall(SYS_rt_sigaction, 1, NULL, NULL, 1000), "rt_sigaction");
    return 0;
}
