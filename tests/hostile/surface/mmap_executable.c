/* expect: forbidden_call mmap */
/* Maps executable memory. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS);
}
