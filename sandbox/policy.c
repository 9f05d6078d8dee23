/* The reviewed table of system calls. */
#include "sandbox/policy.h"

#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define K POLICY_KERNEL
#define T POLICY_THREADS
#define C POLICY_COMPILE
#define G POLICY_GPU_LAUNCHER
#define ALL (K | T | C | G)

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

/* Private or shared, by whichever clock. */
#define FUTEX(operation) MASKED(1, 0xfffffe7f, operation)

/* The driver's requests: its type and number; direction and size differ from version to version. */
#define NV(number) MASKED(1, 0xffff, 'F' << 8 | (number))
/* Those of its unified memory are bare numbers. */
#define UVM(number) MASKED(1, 0xffffffff, number)

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
    {CALL(prlimit64), C | G, 0, EQUAL(0, 0), "cc1 raises its stack limit, a driver reads some; hard limits stand"},
    {CALL(readlink), K | T, ENOENT, ANY, "static start-up asks for /proc/self/exe, which is absent"},
    {CALL(readlinkat), K | T, ENOENT, ANY, "the same in other versions of glibc"},
    {CALL(getrandom), ALL, 0, ANY, "malloc seeds itself"},
    {CALL(exit), ALL, 0, ANY, "a thread ends"},
    {CALL(exit_group), ALL, 0, ANY, "the program ends"},
    {CALL(restart_syscall), ALL, 0, ANY, "the kernel continues a wait after a stop with it"},

    /* memory: nothing becomes executable in a kernel program */
    {CALL(mmap), K | T, 0, BOTH(BITS(2, PROT_EXEC, 0), BITS(3, MAP_HUGETLB, 0)), "memory; huge pages escape the accounting"},
    {CALL(mmap), C | G, 0, MASKED(3, MAP_HUGETLB, 0), "the dynamic linker maps code"},
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
    {CALL(tgkill), ALL, 0, BOTH(IS(0, POLICY_PROGRAM_PID), BITS(2, ~15ULL, 0)), "abort and raise: 0 to 15, only to itself"},
    {CALL(tgkill), ALL, 0, BOTH(IS(0, POLICY_PROGRAM_PID), BITS(2, ~7ULL, 24)), "24 to 31; never 16 to 23: a SIGCONT of its own would undo our stop"},
    {CALL(tgkill), ALL, 0, BOTH(IS(0, POLICY_PROGRAM_PID), BITS(2, ~31ULL, 32)), "32 to 63: threads cancel each other"},
    {CALL(getpid), ALL, 0, ANY, "abort; always the same number"},
    {CALL(gettid), ALL, 0, ANY, "abort; a number of its own namespace"},

    /* clocks and scheduling: no verdict rests on what it reads there */
    {CALL(clock_gettime), ALL, 0, ANY, "where the vdso cannot answer"},
    {CALL(clock_getres), ALL, 0, ANY, "where the vdso cannot answer"},
    {CALL(gettimeofday), C | G, 0, ANY, "__TIME__; kernels have clock_gettime, and no vsyscall page"},
    {CALL(time), C, 0, ANY, "__DATE__; the same"},
    {CALL(sched_yield), ALL, 0, ANY, "spin locks"},
    {CALL(sched_getaffinity), ALL, 0, ANY, "how many threads make sense"},
    {CALL(futex), ALL, 0, FUTEX(FUTEX_WAIT), "once-initialisation and locks"},
    {CALL(futex), ALL, 0, FUTEX(FUTEX_WAKE), "the same"},
    {CALL(futex), ALL, 0, FUTEX(FUTEX_REQUEUE), "conditions of older libraries"},
    {CALL(futex), ALL, 0, FUTEX(FUTEX_CMP_REQUEUE), "the same"},
    {CALL(futex), ALL, 0, FUTEX(FUTEX_WAKE_OP), "the same"},
    {CALL(futex), ALL, 0, FUTEX(FUTEX_WAIT_BITSET), "waits with a deadline; none of priority inheritance"},
    {CALL(futex), ALL, 0, FUTEX(FUTEX_WAKE_BITSET), "the same"},
    {CALL(sysinfo), ALL, 0, ANY, "qsort and cc1 ask for the size of memory"},

    /* threads, where they are granted; their number is the pids limit's */
    {CALL(clone3), T | G, ENOSYS, ANY, "libc then uses clone, whose flags a filter can see"},
    {CALL(clone), T | G, 0, EQUAL(0, THREAD_FLAGS), "a thread, never a process"},
    {CALL(clone), G, EPERM, MASKED(0, CLONE_THREAD, 0), "a driver starts nvidia-modprobe where a node displeases it: it may not"},
    {CALL(fork), G, EPERM, ANY, "the same"},
    {CALL(vfork), G, EPERM, ANY, "the same"},

    /* files, all below the read-only view or in /work: the toolchain, and the dynamic linker */
    {CALL(openat), C | G, 0, ANY, "sources, headers, outputs, libraries, nodes; the view and Landlock bound it"},
    {CALL(open), C | G, 0, ANY, "the same"},
    {CALL(pread64), C | G, 0, ANY, "the dynamic linker, bfd"},
    {CALL(pwrite64), C, 0, ANY, "bfd patches its output"},
    {CALL(newfstatat), C | G, 0, ANY, "header search"},
    {CALL(stat), C | G, 0, ANY, "header search"},
    {CALL(lstat), C | G, 0, ANY, "realpath"},
    {CALL(statx), C | G, 0, ANY, "header search"},
    {CALL(access), C | G, 0, ANY, "header search"},
    {CALL(faccessat), C | G, 0, ANY, "header search"},
    {CALL(faccessat2), C | G, 0, ANY, "header search"},
    {CALL(readlink), C | G, 0, ANY, "realpath of header directories"},
    {CALL(readlinkat), C | G, 0, ANY, "realpath of header directories"},
    {CALL(getcwd), C | G, 0, ANY, "debug information"},
    {CALL(getdents64), C | G, 0, ANY, "header search in directories of the view"},
    {CALL(fcntl), C | G, 0, EQUAL(1, F_GETFL), "stdio and bfd ask for flags"},
    {CALL(fcntl), C | G, 0, EQUAL(1, F_SETFL), "nothing that outlives it"},
    {CALL(fcntl), C | G, 0, EQUAL(1, F_GETFD), "bfd sets close-on-exec; never seals, leases, owners"},
    {CALL(fcntl), C | G, 0, EQUAL(1, F_SETFD), "the same"},
    {CALL(fcntl), C | G, 0, EQUAL(1, F_DUPFD), "descriptors opened twice"},
    {CALL(fcntl), C | G, 0, EQUAL(1, F_DUPFD_CLOEXEC), "the same"},
    {CALL(dup), C, 0, ANY, "as and ld keep an output open twice"},
    {CALL(ftruncate), C, 0, ANY, "bfd sizes its output"},
    {CALL(fadvise64), C | G, 0, ANY, "a hint"},
    {CALL(unlink), C, 0, ANY, "outputs of a failed run, in /work"},
    {CALL(unlinkat), C, 0, ANY, "outputs of a failed run, in /work"},
    {CALL(rename), C, 0, ANY, "outputs, in /work"},
    {CALL(umask), C, 0, ANY, "ld computes the mode of its output"},
    {CALL(chmod), C, 0, ANY, "ld marks its output executable"},
    {CALL(fchmod), C, 0, ANY, "ld marks its output executable"},
    {CALL(getrusage), C | G, 0, ANY, "memory statistics of as and ld"},
    {CALL(sched_get_priority_min), C, 0, ANY, "the CUDA compiler's library asks when loaded; two constants"},
    {CALL(sched_get_priority_max), C, 0, ANY, "the same"},
    {CALL(times), C, 0, ANY, "timers of cc1"},
    {CALL(uname), C | G, 0, ANY, "the dynamic linker of some versions; a namespace of its own"},
    {CALL(getuid), C | G, 0, ANY, "the dynamic linker"},
    {CALL(geteuid), C | G, 0, ANY, "the dynamic linker"},
    {CALL(getgid), C | G, 0, ANY, "the dynamic linker"},
    {CALL(getegid), C | G, 0, ANY, "the dynamic linker"},

    /* a GPU's driver, as it starts up, waits and names its threads */
    {CALL(madvise), G, 0, EQUAL(2, MADV_DONTFORK), "pinned pages; there is no fork"},
    {CALL(madvise), G, 0, EQUAL(2, MADV_DOFORK), "the same, let go"},
    {CALL(madvise), G, 0, EQUAL(2, MADV_HUGEPAGE), "a hint; huge pages are off"},
    {CALL(madvise), G, 0, EQUAL(2, MADV_DONTDUMP), "a hint; there are no cores"},
    {CALL(mincore), G, 0, ANY, "own memory only"},
    {CALL(mlock), G, 0, ANY, "its limit is 0 bytes: fails without harm"},
    {CALL(munlock), G, 0, ANY, "own memory only"},
    {CALL(get_mempolicy), G, ENOSYS, ANY, "as on a machine with one memory node"},
    {CALL(mbind), G, ENOSYS, ANY, "the same"},
    {CALL(set_mempolicy), G, ENOSYS, ANY, "the same"},
    {CALL(poll), G, 0, ANY, "its event thread waits"},
    {CALL(ppoll), G, 0, ANY, "the same"},
    {CALL(eventfd2), G, 0, ANY, "wakes its event thread"},
    {CALL(pipe2), G, 0, ANY, "the same"},
    {CALL(nanosleep), G, 0, ANY, "waits for the device"},
    {CALL(clock_nanosleep), G, 0, ANY, "the same"},
    {CALL(sched_setaffinity), G, 0, EQUAL(0, 0), "threads near the device"},
    {CALL(prctl), G, 0, EQUAL(0, PR_SET_NAME), "names its threads"},
    {CALL(getppid), G, 0, ANY, "init of its own namespace"},
    {CALL(statfs), G, 0, ANY, "the view and Landlock bound it"},
    {CALL(fstatfs), G, 0, ANY, "the same"},
    {CALL(mknod), G, EPERM, ANY, "makes missing nodes: it may not"},
    {CALL(mknodat), G, EPERM, ANY, "the same"},
    {CALL(mkdir), G, EROFS, ANY, "a cache of compiled code: the root is read-only"},
    {CALL(chmod), G, EPERM, ANY, "mends modes of nodes: it may not"},
    {CALL(execve), G, EPERM, ANY, "starts nvidia-modprobe: it may not"},
    {CALL(socket), G, 0, EQUAL(0, AF_UNIX), "its start fails without cuda-uvmfd-N, an abstract name in a network namespace of its own"},
    {CALL(socket), G, EAFNOSUPPORT, EQUAL(0, AF_INET), "as on a machine without a network"},
    {CALL(bind), G, 0, ANY, "cuda-uvmfd-N; Landlock refuses names of files"},
    {CALL(listen), G, 0, ANY, "the same; nobody is there to connect"},
    {CALL(setsockopt), G, 0, EQUAL(1, SOL_SOCKET), "the same"},
    {CALL(connect), G, ECONNREFUSED, ANY, "asks for daemons (persistence, MPS): none is here"},
    {CALL(accept4), G, EAGAIN, ANY, "nobody connects"},

    /* what it asks of nvidiactl and nvidiaN: objects of its own client, checked by the driver */
    {CALL(ioctl), G, 0, NV(200), "CARD_INFO: which devices there are"},
    {CALL(ioctl), G, 0, NV(201), "REGISTER_FD: this node belongs to that client"},
    {CALL(ioctl), G, 0, NV(206), "ALLOC_OS_EVENT: a descriptor that tells of interrupts"},
    {CALL(ioctl), G, 0, NV(207), "FREE_OS_EVENT: and no more"},
    {CALL(ioctl), G, 0, NV(210), "CHECK_VERSION_STR: library and module agree"},
    {CALL(ioctl), G, 0, NV(212), "ATTACH_GPUS_TO_FD: keeps the device awake"},
    {CALL(ioctl), G, 0, NV(214), "SYS_PARAMS: the size of memory blocks"},
    {CALL(ioctl), G, 0, NV(215), "NUMA_INFO: is device memory a node"},
    {CALL(ioctl), G, 0, NV(218), "WAIT_OPEN_COMPLETE: the device has started"},
    {CALL(ioctl), G, 0, NV(0x27), "RM_ALLOC_MEMORY: pins or allocates memory"},
    {CALL(ioctl), G, 0, NV(0x29), "RM_FREE: an object"},
    {CALL(ioctl), G, 0, NV(0x2a), "RM_CONTROL: questions to, and settings of, an object"},
    {CALL(ioctl), G, 0, NV(0x2b), "RM_ALLOC: client, device, channel, context"},
    {CALL(ioctl), G, 0, NV(0x34), "RM_DUP_OBJECT: unified memory shares the client's"},
    {CALL(ioctl), G, 0, NV(0x35), "RM_SHARE: the same"},
    {CALL(ioctl), G, 0, NV(0x41), "RM_IDLE_CHANNELS: before a context ends"},
    {CALL(ioctl), G, 0, NV(0x4a), "RM_VID_HEAP_CONTROL: device memory"},
    {CALL(ioctl), G, 0, NV(0x4e), "RM_MAP_MEMORY: a mapping for mmap"},
    {CALL(ioctl), G, 0, NV(0x4f), "RM_UNMAP_MEMORY: and its end"},
    {CALL(ioctl), G, 0, NV(0x54), "RM_ALLOC_CONTEXT_DMA2: notifiers"},
    {CALL(ioctl), G, 0, NV(0x57), "RM_MAP_MEMORY_DMA: into the device's addresses"},
    {CALL(ioctl), G, 0, NV(0x58), "RM_UNMAP_MEMORY_DMA: and out"},
    {CALL(ioctl), G, 0, NV(0x5e), "RM_UPDATE_DEVICE_MAPPING_INFO: after a mapping moved"},

    /* what it asks of nvidia-uvm: one address space for both sides */
    {CALL(ioctl), G, 0, UVM(0x30000001), "INITIALIZE: the first request"},
    {CALL(ioctl), G, 0, UVM(0x30000002), "DEINITIALIZE: the last"},
    {CALL(ioctl), G, 0, UVM(75), "MM_INITIALIZE: ties it to this process's memory"},
    {CALL(ioctl), G, 0, UVM(23), "CREATE_RANGE_GROUP: at the start of a context"},
    {CALL(ioctl), G, 0, UVM(24), "DESTROY_RANGE_GROUP: at its end"},
    {CALL(ioctl), G, 0, UVM(37), "REGISTER_GPU: this device takes part"},
    {CALL(ioctl), G, 0, UVM(38), "UNREGISTER_GPU: and no more"},
    {CALL(ioctl), G, 0, UVM(25), "REGISTER_GPU_VASPACE: the context's addresses"},
    {CALL(ioctl), G, 0, UVM(26), "UNREGISTER_GPU_VASPACE: at its end"},
    {CALL(ioctl), G, 0, UVM(27), "REGISTER_CHANNEL: whose faults it handles"},
    {CALL(ioctl), G, 0, UVM(28), "UNREGISTER_CHANNEL: no longer"},
    {CALL(ioctl), G, 0, UVM(39), "PAGEABLE_MEM_ACCESS: can the device read plain memory"},
    {CALL(ioctl), G, 0, UVM(70), "PAGEABLE_MEM_ACCESS_ON_GPU: the same of one device"},
    {CALL(ioctl), G, 0, UVM(73), "CREATE_EXTERNAL_RANGE: room for an allocation"},
    {CALL(ioctl), G, 0, UVM(33), "MAP_EXTERNAL_ALLOCATION: cuMemAlloc appears there"},
    {CALL(ioctl), G, 0, UVM(66), "UNMAP_EXTERNAL: before it is freed"},
    {CALL(ioctl), G, 0, UVM(34), "FREE: an allocation"},
    {CALL(ioctl), G, 0, UVM(65), "MAP_DYNAMIC_PARALLELISM_REGION: at the start of a context"},
    {CALL(ioctl), G, 0, UVM(68), "ALLOC_SEMAPHORE_POOL: events"},
    {CALL(ioctl), G, 0, UVM(72), "VALIDATE_VA_RANGE: is it managed"},
    {CALL(ioctl), G, 0, UVM(42), "SET_PREFERRED_LOCATION: of its own ranges"},
    {CALL(ioctl), G, 0, UVM(45), "DISABLE_READ_DUPLICATION: of its own ranges"},
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
        [SANDBOX_GPU_LAUNCHER] = POLICY_GPU_LAUNCHER,
    };
    return (size_t)profile < COUNT(bits) ? bits[profile] : 0;
}
