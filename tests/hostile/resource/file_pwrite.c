/* expect: forbidden_call pwrite64 */
/* Writes far behind the end of its output; a kernel seeks or writes, never both. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_pwrite64, OUTPUT, (long)"x", 1, 1L << 30);
}
