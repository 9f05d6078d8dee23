/* expect: forbidden_call name_to_handle_at */
/* Asks for the handle of the root, to guess others from it. */
#include "tests/hostile/hostile.h"

int main(void)
{
    unsigned handle[34] = {128};
    int mount = 0;
    never(SYS_name_to_handle_at, AT_FDCWD, (long)"/", (long)handle, (long)&mount);
}
