/* expect: exited 0 */
/* Reads what the kernel tells every program: it must not be root, nor hold a path of the host. */
#include "tests/hostile/hostile.h"

#include <sys/auxv.h>

int main(void)
{
    const char *name = (const char *)getauxval(AT_EXECFN);
    if (getauxval(AT_UID) == 0 || getauxval(AT_EUID) == 0 || getauxval(AT_GID) == 0)
        breach("it is root");
    if (name != NULL && strncmp(name, "/dev/fd/", 8) != 0)
        breach(name);
    return 0;
}
