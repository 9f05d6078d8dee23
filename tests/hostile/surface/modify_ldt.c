/* expect: forbidden_call modify_ldt */
/* Makes segments of its own. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char entry[16] = {0};
    never(SYS_modify_ldt, 1, (long)entry, 16, 0);
}
