/* expect: forbidden_call process_vm_readv */
/* Reads the memory of its init, which is the slot's. */
#include "tests/hostile/hostile.h"

int main(void)
{
    struct {
        void *at;
        size_t size;
    } piece = {&piece, 16};
    never(SYS_process_vm_readv, 1, (long)&piece, 1, (long)&piece);
}
