/* expect: forbidden_call fanotify_init */
/* Watches mounts. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_fanotify_init, 0, 0, 0, 0);
}
