/* expect: forbidden_call lookup_dcookie */
/* Asks for a path by a cookie. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_lookup_dcookie, 0, 0, 0, 0);
}
