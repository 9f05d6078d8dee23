/* expect: forbidden_call signalfd4 */
/* Reads signals. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char none[8] = {0};
    never(SYS_signalfd4, -1, (long)none, 8, 0);
}
