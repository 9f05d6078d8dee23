/* System calls without libc. A slot before its exec runs in the library's memory, init and the
 * program before its exec in the slot's, on stacks of their own: they share a thread pointer, so
 * libc (errno, locks, caches) is not theirs to touch. Results are as the kernel gives them: -errno
 * on failure. */
#ifndef SANDBOX_RAW_H
#define SANDBOX_RAW_H

#include <linux/sched.h>
#include <stdint.h>
#include <sys/syscall.h>

#ifndef __x86_64__
#error "the slot is written for x86-64"
#endif

/* Shadow memory knows nothing of those stacks, and the checks would call into libc. */
#define OUTSIDE_LIBC                                                                               \
    __attribute__((no_sanitize("address", "undefined"), optimize("no-stack-protector")))

static inline long raw6(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#define raw(number, ...) RAW_CALL(number, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define RAW_CALL(number, a, b, c, d, e, f, ...)                                                    \
    raw6((number), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* clone3; the child calls enter(argument) on the stack named in `how` and must not return.
 * Gives the child's number in the caller's pid namespace, or -errno. */
static inline long raw_clone(const struct clone_args *how, void (*enter)(void *), void *argument)
{
    long result;
    register void (*r12)(void *) __asm__("r12") = enter;
    register void *r13 __asm__("r13") = argument;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t" /* the end of the frames, for debuggers */
                     "mov %%r13, %%rdi\n\t"
                     "call *%%r12\n\t"
                     "ud2\n"
                     "1:"
                     : "=a"(result)
                     : "a"((long)SYS_clone3), "D"(how), "S"(sizeof *how), "r"(r12), "r"(r13)
                     : "rcx", "r11", "memory");
    return result;
}

#endif
