/* Whether this kernel answers `int $0x80`. Some do not (ia32_emulation=0, some hypervisors): there
 * the instruction raises SIGSEGV before any filter could name the call, with or without a sandbox.
 */
#ifndef TESTS_ENTRY32_H
#define TESTS_ENTRY32_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* Asks in a child of its own. */
static inline bool entry32_here(void)
{
    int state = 0;
    pid_t child = fork();
    if (child == 0) {
        (void)signal(SIGSEGV, SIG_DFL); /* cannot fail; nobody else's handler shall report it */
        long result = 20;               /* getpid */
        __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
        _exit(result > 0 ? 0 : 1);
    }
    return child > 0 && waitpid(child, &state, 0) == child && WIFEXITED(state) &&
           WEXITSTATUS(state) == 0;
}

#endif
