/* expect: forbidden_call clone3 | forbidden_call clone */
/* A second thread in the profile that has one. */
#include "tests/hostile/hostile.h"

static void *idle(void *argument)
{
    return argument;
}

int main(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, idle, NULL) == 0 ? BREACH : 1;
}
