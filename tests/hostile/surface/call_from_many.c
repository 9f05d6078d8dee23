/* expect: forbidden_call openat */
/* profile: threads 4 */
/* Four threads make forbidden calls at the same moment. */
#include "tests/hostile/hostile.h"

static void *try(void *argument)
{
    for (;;)
        must_fail(syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY), argument);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    for (int i = 0; i < 3; i++)
        (void)pthread_create(&thread, NULL, try, "openat");
    (void)try("openat");
}
