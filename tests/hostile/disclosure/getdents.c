/* expect: forbidden_call getdents64 */
/* Lists a directory, had it one. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char entries[1024];
    never(SYS_getdents64, INPUT, (long)entries, sizeof entries, 0);
}
