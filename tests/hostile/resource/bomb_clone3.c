/* expect: forbidden_call clone3 */
/* A process by clone3, whose flags no filter can see. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long how[11] = {0, 0, 0, 0, SIGCHLD};
    never(SYS_clone3, (long)&how, sizeof how, 0, 0);
}
