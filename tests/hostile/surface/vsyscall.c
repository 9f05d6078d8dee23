/* expect: forbidden_call time | signalled SEGV */
/* Calls into the vsyscall page, whose three calls the kernel emulates under the filter, where it
 * has them. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long (*call)(long *) = (long (*)(long *))0xffffffffff600400;
    (void)call(NULL);
    breach("the call came back");
}
