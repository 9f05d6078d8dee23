/* expect: forbidden_call open_tree */
/* Clones the tree of mounts. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_open_tree, AT_FDCWD, (long)"/", 1, 0);
}
