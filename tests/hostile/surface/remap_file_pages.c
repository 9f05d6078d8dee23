/* expect: forbidden_call remap_file_pages */
/* Shuffles the pages of a mapping by a call that nobody uses. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_remap_file_pages, 0x10000, 4096, 0, 0);
}
