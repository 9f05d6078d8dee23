/* expect: exited 0 */
/* Has the kernel write an owner into its input by priority-inheriting locks and wake operations. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static unsigned own;
    unsigned *at = (void *)shared_map(INPUT, PROT_READ);
    if (at == NULL)
        return 1;
    must_fail(syscall(SYS_futex, at, FUTEX_LOCK_PI, 0, NULL, NULL, 0), "FUTEX_LOCK_PI");
    must_fail(syscall(SYS_futex, at, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), "FUTEX_TRYLOCK_PI");
    must_fail(syscall(SYS_futex, &own, FUTEX_WAKE_OP, 1, 1, at, FUTEX_OP(FUTEX_OP_SET, 1, 0, 0)),
              "FUTEX_WAKE_OP");
    return 0;
}
