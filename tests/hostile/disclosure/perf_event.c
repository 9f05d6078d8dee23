/* expect: forbidden_call perf_event_open */
/* Counts events of the whole processor, its neighbours' included. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char attributes[128] = {1, 0, 0, 0, 128};
    never(SYS_perf_event_open, (long)attributes, 0, -1, -1);
}
