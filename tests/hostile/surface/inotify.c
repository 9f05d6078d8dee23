/* expect: forbidden_call inotify_init1 */
/* Watches files. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_inotify_init1, 0, 0, 0, 0);
}
