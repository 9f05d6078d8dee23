/* expect: forbidden_call wait4 */
/* Waits for children. It has none and cannot get any. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_wait4, -1, 0, 0, 0);
}
