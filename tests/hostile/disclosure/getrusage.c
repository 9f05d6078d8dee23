/* expect: forbidden_call getrusage */
/* Asks what it has used: a clock that the timed phase could be told by. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char usage[256];
    never(SYS_getrusage, 0, (long)usage, 0, 0);
}
