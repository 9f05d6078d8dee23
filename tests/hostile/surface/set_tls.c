/* expect: forbidden_call set_thread_area */
/* Sets a segment by the call of another architecture. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char entry[16] = {0};
    never(SYS_set_thread_area, (long)entry, 0, 0, 0);
}
