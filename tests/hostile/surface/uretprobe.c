/* expect: signalled ILL | forbidden_call 335 | forbidden_call uretprobe | exited 0 */
/* A number that new kernels let past every filter: outside its trampoline it does nothing but
 * fail. */
#include "tests/hostile/hostile.h"

int main(void)
{
    must_fail(syscall(CALL_URETPROBE), "uretprobe");
    return 0;
}
