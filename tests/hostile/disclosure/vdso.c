/* expect: exited 0 */
/* Reads the pages that the kernel shares with every program and writes them out. */
#include "tests/hostile/hostile.h"

#include <sys/auxv.h>

int main(void)
{
    const char *code = (const char *)getauxval(AT_SYSINFO_EHDR);
    (void)signal(SIGXFSZ, SIG_IGN);
    for (long offset = -16; code != NULL && offset < 2; offset++)
        (void)!write(OUTPUT, code + offset * 4096, 4096);
    return 0;
}
