/* expect: forbidden_call memfd_create */
/* Makes files of its own in the page cache, past the limits on descriptors that it was given. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_memfd_create, (long)"hoard", 0, 0, 0);
}
