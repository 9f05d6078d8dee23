/* expect: cpu_limit */
/* profile: threads 4 */
/* Starts and ends threads as fast as it can. The CPU time of those that ended counts. */
#include "tests/hostile/hostile.h"

static void *nothing(void *argument)
{
    return argument;
}

int main(void)
{
    for (;;) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, nothing, NULL) == 0)
            (void)pthread_join(thread, NULL);
    }
}
