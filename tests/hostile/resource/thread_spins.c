/* expect: cpu_limit */
/* profile: threads 4 */
/* Spins on four threads: the limit is for all of them together. */
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
    for (int i = 0; i < 3; i++)
        (void)pthread_create(&thread, NULL, spin, NULL);
    (void)spin(NULL);
}
