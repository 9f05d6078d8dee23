/* expect: exited 3 */
/* profile: threads 4 */
/* Starts threads until it is refused: four are granted, so three more than the first. */
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
    int made = 0;
    pthread_t thread;
    while (made < 100 && pthread_create(&thread, NULL, spin, NULL) == 0)
        made++;
    _exit(made);
}
