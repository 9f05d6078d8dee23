/* expect: exited 0 */
/* profile: threads 4 */
/* clone3 must not work where threads are granted either: it says ENOSYS, and libc falls back to
 * clone. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long how[11] = {0, 0, 0, 0, SIGCHLD};
    must_fail(syscall(SYS_clone3, how, sizeof how), "clone3");
    return errno == ENOSYS ? 0 : 1;
}
