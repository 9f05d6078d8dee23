/* What the programs of this folder share. The runner hands each of them the same descriptors; a
 * program ends with BREACH when it got what it must not get. */
#ifndef TESTS_HOSTILE_HOSTILE_H
#define TESTS_HOSTILE_HOSTILE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define QUESTION 0 /* a sealed memfd */
#define OUTPUT 1   /* empty memfds that may grow to the output limit */
#define ERRORS 2
#define INPUT 3  /* a memfd of SHARED_BYTES, sealed against resizing and new writable mappings */
#define ANSWER 4 /* the same size, writable, sealed against resizing */
#define SHARED_BYTES 32768UL /* below the output limit, so that seals are met first */

#define BREACH 66

/* Numbers that this libc does not know yet. */
#define CALL_CACHESTAT 451
#define CALL_MAP_SHADOW_STACK 453
#define CALL_URETPROBE 335

/* What the canary answers for the number at a place; the runner computes the same. */
static inline uint32_t canary_answer(uint32_t number, uint32_t place)
{
    return (number ^ (place * 2654435761U)) * 40503U + 12345U;
}

/* The canary's words in memory, so that no program holds them as they are. */
static inline void canary_secret(char out[16])
{
    static const char veiled[16] = "DBOBSZ,TFDSFU\"\"";
    for (int i = 0; i < 15; i++)
        out[i] = (char)(veiled[i] - 1);
    out[15] = '\0';
}

__attribute__((noreturn, unused)) static void breach(const char *what)
{
    (void)!write(ERRORS, what, strlen(what));
    (void)!write(ERRORS, "\n", 1);
    _exit(BREACH);
}

/* What was tried must have got an errno. */
__attribute__((unused)) static void must_fail(long result, const char *what)
{
    if (result >= 0)
        breach(what);
}

/* Never comes back: a call that the sandbox must not let happen. */
__attribute__((noreturn, unused)) static void never(long number, long a, long b, long c, long d)
{
    long result = syscall(number, a, b, c, d, 0L, 0L);
    (void)result;
    breach("the call came back");
}

/* Maps a shared descriptor for reading, or for both. */
__attribute__((unused)) static unsigned char *shared_map(int fd, int protection)
{
    void *at = mmap(NULL, SHARED_BYTES, protection, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

#endif
