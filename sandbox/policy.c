/* The reviewed table of system calls. */
#include "sandbox/policy.h"

#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define K POLICY_KERNEL
#define T POLICY_THREADS
#define C POLICY_COMPILE
#define ALL (K | T | C)

#define CALL(name) #name, SYS_##name
#define ANY                                                                                        \
    0,                                                                                             \
    {                                                                                              \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define EQUAL(index, value)                                                                        \
    1,                                                                                             \
    {                                                                                              \
        {                                                                                          \
            index, POLICY_EQUAL, 0, value                                                          \
        }                                                                                          \
    }
#define MASKED(index, mask, value)                                                                 \
    1,                                                                                             \
    {                                                                                              \
        {                                                                                          \
            index, POLICY_MASKED, mask, value                                                      \
        }                                                                                          \
    }
#define BOTH(a, b)                                                                                 \
    2,                                                                                             \
    {                                                                                              \
        a, b                                                                                       \
    }
#define IS(index, value)                                                                           \
    {                                                                                              \
        index, POLICY_EQUAL, 0, value                                                              \
    }
#define BITS(index, mask, value)                                                                   \
    {                                                                                              \
        index, POLICY_MASKED, mask, value                                                          \
    }

/* What pthread_create of glibc 2.36 passes, to the bit: anything else would be a process. */
#define THREAD_FLAGS                                                                               \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |            \
     CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

#define ARCH_CET_STATUS_OLD 0x3001 /* glibc asks it at start; kernels without it say EINVAL */

/* clang-format off */
static const struct policy_rule rules[] = {
    /* start and end */
    {CALL(execveat), ALL, 0, BOTH(IS(0, POLICY_PROGRAM_FD), IS(4, AT_EMPTY_PATH)), "becomes the program; the descriptor is closed by it"},
    {CALL(brk), ALL, 0, ANY, "malloc and start-up; bounded by the memory limit"},
    {CALL(arch_prctl), ALL, 0, EQUAL(0, ARCH_SET_FS), "start-up sets the thread pointer"},
    {CALL(arch_prctl), ALL, EINVAL, EQUAL(0, ARCH_CET_STATUS_OLD), "start-up asks for shadow stacks"},
    {CALL(set_tid_address), ALL, 0, ANY, "start-up"},
    {CALL(set_robust_list), ALL, 0, ANY, "start-up and each thread; own memory only"},
    {CALL(rseq), ALL, 0, ANY, "start-up and each thread; own memory only"},
    {CALL(prlimit64), K | T, 0, BOTH(IS(0, 0), IS(2, 0)), "start-up reads the stack limit; reading only"},
    {CALL(prlimit64), C, 0, EQUAL(0, 0), "cc1 raises its stack limit; hard limits stand"},
    {CALL(readlink), K | T, ENOENT, ANY, "static start-up asks for /proc/self/exe, which is absent"},
    {CALL(readlinkat), K | T, ENOENT, ANY, "the same in other versions of glibc"},
    {CALL(getrandom), ALL, 0, ANY, "malloc seeds itself"},
    {CALL(exit), ALL, 0, ANY, "a thread ends"},
    {CALL(exit_group), ALL, 0, ANY, "the program ends"},
    {CALL(restart_syscall), ALL, 0, ANY, "the kernel continues a wait after a stop with it"},

    /* memory: nothing becomes executable in a kernel program */
    {CALL(mmap), K | T, 0, BOTH(BITS(2, PROT_EXEC, 0), BITS(3, MAP_HUGETLB, 0)), "memory; huge pages escape the accounting"},
    {CALL(mmap), C, 0, MASKED(3, MAP_HUGETLB, 0), "the dynamic linker maps code"},
    {CALL(mprotect), ALL, 0, MASKED(2, PROT_EXEC, 0), "relocation read-only, guard pages"},
    {CALL(munmap), ALL, 0, ANY, "free gives memory back"},
    {CALL(mremap), ALL, 0, ANY, "realloc of large pieces"},
    {CALL(madvise), ALL, 0, EQUAL(2, MADV_DONTNEED), "free gives pages back"},
    {CALL(madvise), ALL, 0, EQUAL(2, MADV_FREE), "free gives pages back"},

    /* the descriptors that it was given */
    {CALL(read), ALL, 0, ANY, "given descriptors, and files of the view"},
    {CALL(write), ALL, 0, ANY, "given descriptors, and files of /work"},
    {CALL(readv), ALL, 0, ANY, "stdio of given descriptors"},
    {CALL(writev), ALL, 0, ANY, "messages of libc before abort"},
    {CALL(lseek), ALL, 0, ANY, "stdio at exit"},
    {CALL(close), ALL, 0, ANY, "can only lose what it has"},
    {CALL(fstat), ALL, 0, ANY, "stdio asks before it buffers"},
    {CALL(newfstatat), K | T, 0, EQUAL(3, AT_EMPTY_PATH), "fstat of this glibc"},
    {CALL(ioctl), ALL, ENOTTY, EQUAL(1, TCGETS), "stdio asks whether it is a terminal: no"},

    /* signals to itself */
    {CALL(rt_sigaction), ALL, 0, ANY, "handlers of its own; our kills cannot be handled"},
    {CALL(rt_sigprocmask), ALL, 0, ANY, "abort, threads"},
    {CALL(rt_sigreturn), ALL, 0, ANY, "return from a handler of its own"},
    {CALL(sigaltstack), ALL, 0, ANY, "own memory only"},
    {CALL(tgkill), ALL, 0, EQUAL(0, POLICY_PROGRAM_PID), "abort and raise: only to itself"},
    {CALL(getpid), ALL, 0, ANY, "abort; always the same number"},
    {CALL(gettid), ALL, 0, ANY, "abort; a number of its own namespace"},

    /* clocks and scheduling: no verdict rests on what it reads there */
    {CALL(clock_gettime), ALL, 0, ANY, "where the vdso cannot answer"},
    {CALL(clock_getres), ALL, 0, ANY, "where the vdso cannot answer"},
    {CALL(gettimeofday), C, 0, ANY, "__TIME__; kernels have clock_gettime, and no vsyscall page"},
    {CALL(time), C, 0, ANY, "__DATE__; the same"},
    {CALL(sched_yield), ALL, 0, ANY, "spin locks"},
    {CALL(sched_getaffinity), ALL, 0, ANY, "how many threads make sense"},
    {CALL(futex), ALL, 0, ANY, "once-initialisation and locks"},
    {CALL(sysinfo), ALL, 0, ANY, "qsort and cc1 ask for the size of memory"},

    /* threads, where they are granted; their number is the pids limit's */
    {CALL(clone3), T, ENOSYS, ANY, "libc then uses clone, whose flags a filter can see"},
    {CALL(clone), T, 0, EQUAL(0, THREAD_FLAGS), "a thread, never a process"},

    /* the toolchain: files, all below the read-only view or in /work */
    {CALL(openat), C, 0, ANY, "sources, headers, outputs; the view and Landlock bound it"},
    {CALL(open), C, 0, ANY, "the same"},
    {CALL(pread64), C, 0, ANY, "the dynamic linker, bfd"},
    {CALL(pwrite64), C, 0, ANY, "bfd patches its output"},
    {CALL(newfstatat), C, 0, ANY, "header search"},
    {CALL(stat), C, 0, ANY, "header search"},
    {CALL(lstat), C, 0, ANY, "realpath"},
    {CALL(statx), C, 0, ANY, "header search"},
    {CALL(access), C, 0, ANY, "header search"},
    {CALL(faccessat), C, 0, ANY, "header search"},
    {CALL(faccessat2), C, 0, ANY, "header search"},
    {CALL(readlink), C, 0, ANY, "realpath of header directories"},
    {CALL(readlinkat), C, 0, ANY, "realpath of header directories"},
    {CALL(getcwd), C, 0, ANY, "debug information"},
    {CALL(getdents64), C, 0, ANY, "header search in directories of the view"},
    {CALL(fcntl), C, 0, ANY, "bfd asks for flags and sets close-on-exec"},
    {CALL(dup), C, 0, ANY, "as and ld keep an output open twice"},
    {CALL(ftruncate), C, 0, ANY, "bfd sizes its output"},
    {CALL(fadvise64), C, 0, ANY, "a hint"},
    {CALL(unlink), C, 0, ANY, "outputs of a failed run, in /work"},
    {CALL(unlinkat), C, 0, ANY, "outputs of a failed run, in /work"},
    {CALL(rename), C, 0, ANY, "outputs, in /work"},
    {CALL(umask), C, 0, ANY, "ld computes the mode of its output"},
    {CALL(chmod), C, 0, ANY, "ld marks its output executable"},
    {CALL(fchmod), C, 0, ANY, "ld marks its output executable"},
    {CALL(getrusage), C, 0, ANY, "memory statistics of as and ld"},
    {CALL(times), C, 0, ANY, "timers of cc1"},
    {CALL(uname), C, 0, ANY, "the dynamic linker of some versions; a namespace of its own"},
    {CALL(getuid), C, 0, ANY, "the dynamic linker"},
    {CALL(geteuid), C, 0, ANY, "the dynamic linker"},
    {CALL(getgid), C, 0, ANY, "the dynamic linker"},
    {CALL(getegid), C, 0, ANY, "the dynamic linker"},
};
/* clang-format on */

const struct policy_rule *policy_rules(size_t *out_count)
{
    *out_count = COUNT(rules);
    return rules;
}

unsigned policy_bit(enum sandbox_profile profile)
{
    static const unsigned bits[] = {
        [SANDBOX_KERNEL] = POLICY_KERNEL,
        [SANDBOX_THREADS] = POLICY_THREADS,
        [SANDBOX_COMPILE] = POLICY_COMPILE,
    };
    return (size_t)profile < COUNT(bits) ? bits[profile] : 0;
}
