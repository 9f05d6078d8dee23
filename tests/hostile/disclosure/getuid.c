/* expect: forbidden_call getuid */
/* Asks which user it is. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_getuid, 0, 0, 0, 0);
}
