/* expect: forbidden_call clone */
/* profile: threads 4 */
/* Four threads are granted; a process with shared memory is none of them: the flags must be
 * those of a thread to the bit. */
#include "tests/hostile/hostile.h"

#include <sched.h>

int main(void)
{
    never(SYS_clone, CLONE_VM | SIGCHLD, 0, 0, 0);
}
