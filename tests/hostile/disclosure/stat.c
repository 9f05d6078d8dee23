/* expect: forbidden_call stat */
/* Asks whether a host file exists. */
#include "tests/hostile/hostile.h"

int main(void)
{
    struct stat info;
    never(SYS_stat, (long)"/etc/passwd", (long)&info, 0, 0);
}
