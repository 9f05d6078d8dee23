/* expect: forbidden_call process_mrelease */
/* Reaps the memory of another process. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_process_mrelease, INPUT, 0, 0, 0);
}
