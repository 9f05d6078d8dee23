/* expect: forbidden_call io_setup */
/* Makes a context for asynchronous input. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long context = 0;
    never(SYS_io_setup, 1, (long)&context, 0, 0);
}
