/* expect: forbidden_call statfs */
/* Asks for the file system of its root. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char info[256];
    never(SYS_statfs, (long)"/", (long)info, 0, 0);
}
