/* expect: forbidden_call sysfs */
/* Asks how many file systems the kernel knows. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_sysfs, 3, 0, 0, 0);
}
