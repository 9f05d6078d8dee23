/* expect: forbidden_call uname */
/* Asks for the host's name and kernel. */
#include "tests/hostile/hostile.h"

#include <sys/utsname.h>

int main(void)
{
    struct utsname names;
    never(SYS_uname, (long)&names, 0, 0, 0);
}
