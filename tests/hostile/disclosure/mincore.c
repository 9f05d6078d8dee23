/* expect: forbidden_call mincore */
/* Asks what is in the page cache: which files the host used lately. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static char page[8192];
    char present;
    never(SYS_mincore, (long)page, 4096, (long)&present, 0);
}
