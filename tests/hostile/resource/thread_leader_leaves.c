/* expect: cpu_limit */
/* profile: threads 2 */
/* The first thread ends, a second one spins on: the process is no zombie yet, and its clock
 * still counts. */
#include "tests/hostile/hostile.h"

static void *spin(void *argument)
{
    volatile unsigned long turns = 0;
    while (argument == NULL)
        turns++;
    return argument;
}

int main(void)
{
    pthread_t thread;
    (void)pthread_create(&thread, NULL, spin, NULL);
    (void)syscall(SYS_exit, 0);
    breach("it went on");
}
