/* The reviewed table of system calls, and its translation by libseccomp. */
#include "sandbox/policy.h"

#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct err fill(scmp_filter_ctx context, unsigned profile);
static struct err export_filter(scmp_filter_ctx context, struct sock_fprog *out_filter);

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

#define X32_BIT 0x40000000
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

struct err policy_build(enum sandbox_profile profile, bool notify, struct sock_fprog *out_filter)
{
    uint32_t outside = notify ? SCMP_ACT_NOTIFY : SCMP_ACT_KILL_PROCESS;
    scmp_filter_ctx context = seccomp_init(outside);
    if (context == NULL)
        return err_make(ERR_INTERNAL, "seccomp_init");

    struct err err = err_none();
    if (seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, outside) != 0)
        err = err_make(ERR_INTERNAL, "seccomp_attr_set: other architectures");
    /* A binary tree instead of a list: the hot calls cost the same as the rare ones. */
    if (!err_is(err) && seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0)
        err = err_make(ERR_INTERNAL, "seccomp_attr_set: tree");
    if (!err_is(err))
        err = fill(context, policy_bit(profile));
    if (!err_is(err))
        err = export_filter(context, out_filter);
    seccomp_release(context);
    return err;
}

void policy_release(struct sock_fprog *filter)
{
    free(filter->filter);
    *filter = (struct sock_fprog){0};
}

void policy_call_name(uint32_t entry, int number, char *out, size_t out_size)
{
    /* x32 numbers come through the x86-64 entry with this bit. */
    bool x32 = entry == AUDIT_ARCH_X86_64 && number > 0 && (number & X32_BIT) != 0;
    uint32_t arch = entry == AUDIT_ARCH_I386 ? SCMP_ARCH_X86
                    : x32                    ? SCMP_ARCH_X32
                                             : SCMP_ARCH_X86_64;
    const char *suffix = entry == AUDIT_ARCH_I386 ? " (32-bit)" : x32 ? " (x32)" : "";
    char *name = seccomp_syscall_resolve_num_arch(arch, number);
    if (name == NULL)
        (void)snprintf(out, out_size, "%d%s", x32 ? number & ~X32_BIT : number, suffix);
    else
        (void)snprintf(out, out_size, "%s%s", name, suffix);
    free(name);
}

static struct err fill(scmp_filter_ctx context, unsigned profile)
{
    for (size_t i = 0; i < COUNT(rules); i++) {
        const struct policy_rule *rule = &rules[i];
        if ((rule->profiles & profile) == 0)
            continue;
        struct scmp_arg_cmp compare[2];
        for (size_t a = 0; a < rule->arguments_count; a++) {
            const struct policy_argument *argument = &rule->arguments[a];
            compare[a] = argument->compare == POLICY_EQUAL
                             ? SCMP_CMP64(argument->index, SCMP_CMP_EQ, argument->value, 0)
                             : SCMP_CMP64(argument->index, SCMP_CMP_MASKED_EQ, argument->mask,
                                          argument->value);
        }
        uint32_t action =
            rule->answer == 0 ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO((uint16_t)rule->answer);
        int status = seccomp_rule_add_array(context, action, rule->number,
                                            (unsigned)rule->arguments_count, compare);
        if (status != 0)
            return err_make(ERR_INTERNAL, "rule for %s: error %d", rule->name, -status);
    }
    return err_none();
}

static struct err export_filter(scmp_filter_ctx context, struct sock_fprog *out_filter)
{
    auto_close int fd = memfd_create("filter", MFD_CLOEXEC);
    struct stat info;
    if (fd < 0 || seccomp_export_bpf(context, fd) != 0 || fstat(fd, &info) < 0)
        return err_make(ERR_SYSTEM, "export the filter");

    size_t count = (size_t)info.st_size / sizeof(struct sock_filter);
    auto_free struct sock_filter *filter = calloc(count, sizeof *filter);
    if (filter == NULL)
        return err_make(ERR_SYSTEM, "memory for the filter");
    if (pread(fd, filter, (size_t)info.st_size, 0) != info.st_size)
        return err_make(ERR_SYSTEM, "read the filter back");

    out_filter->len = (unsigned short)count;
    out_filter->filter = filter;
    filter = NULL; /* the caller's now */
    return err_none();
}
