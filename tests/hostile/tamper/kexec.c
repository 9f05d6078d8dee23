/* expect: forbidden_call kexec_load */
/* Loads another kernel. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_kexec_load, 0, 0, 0, 0);
}
