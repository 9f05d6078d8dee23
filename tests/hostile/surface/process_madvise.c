/* expect: forbidden_call process_madvise */
/* Advises on the memory of another process. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_process_madvise, INPUT, 0, 0, 0);
}
