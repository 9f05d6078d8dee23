/* expect: exited 0 */
/* Registers its input as a list of locks that the kernel marks when the program ends: the runner
 * finds every number as it was. */
#include "tests/hostile/hostile.h"

int main(void)
{
    unsigned char *at = shared_map(INPUT, PROT_READ);
    static struct {
        void *next;
        long offset;
        void *pending;
    } head;
    head.next = &head;
    head.pending = at;
    return syscall(SYS_set_robust_list, &head, sizeof head) == 0 ? 0 : 1;
}
