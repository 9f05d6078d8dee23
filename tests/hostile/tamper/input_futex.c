/* expect: exited 0 */
/* Has the kernel write into its input by a wake operation. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static unsigned own;
    unsigned *at = (void *)shared_map(INPUT, PROT_READ);
    if (at == NULL)
        return 1;
    must_fail(syscall(SYS_futex, &own, FUTEX_WAKE_OP, 1, 1, at, FUTEX_OP(FUTEX_OP_SET, 1, 0, 0)),
              "FUTEX_WAKE_OP");
    return 0;
}
