/* expect: forbidden_call bpf */
/* Makes a map in the kernel. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_bpf, 0, 0, 0, 0);
}
