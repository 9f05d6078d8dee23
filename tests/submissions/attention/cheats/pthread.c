/* expect: compile_error */
/* The same through the library. */
#include <pthread.h>

static void *work(void *nothing)
{
    return nothing;
}

void attention(ARGUMENTS)
{
    pthread_t thread;
    pthread_create(&thread, 0, work, 0);
    honest(PASSED);
}
