/* expect: exited 0 */
/* Tries every futex operation, the private ones and the forgotten ones, with a word that nobody
 * else knows. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static unsigned words[2];
    struct timespec soon = {.tv_nsec = 1};
    for (int operation = 0; operation < 1 << 10; operation++) {
        words[0] = words[1] = 0;
        (void)syscall(SYS_futex, &words[0], operation, 1, &soon, &words[1], 1);
    }
    return 0;
}
