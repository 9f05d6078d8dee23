/* expect: exited 0 */
/* profile: threads 2 */
/* Has the kernel clear a number in its input when a thread ends. */
#include "tests/hostile/hostile.h"

static void *end(void *argument)
{
    (void)syscall(SYS_set_tid_address, argument);
    (void)syscall(SYS_exit, 0);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    unsigned char *at = shared_map(INPUT, PROT_READ);
    if (at == NULL || pthread_create(&thread, NULL, end, at + 64) != 0)
        return 1;
    for (volatile int i = 0; i < 10000000; i++)
        continue;
    _exit(0);
}
