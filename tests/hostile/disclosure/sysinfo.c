/* expect: exited 0 */
/* Asks for the size of memory, which is allowed (sorting asks too), and writes out what it got. */
#include "tests/hostile/hostile.h"

#include <sys/sysinfo.h>

int main(void)
{
    struct sysinfo info;
    memset(&info, 0x5a, sizeof info);
    if (syscall(SYS_sysinfo, &info) < 0)
        return 1;
    return write(OUTPUT, &info, sizeof info) == sizeof info ? 0 : 1;
}
