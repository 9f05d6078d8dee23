/* expect: forbidden_call copy_file_range */
/* The same by the newer call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_copy_file_range, INPUT, 0, OUTPUT, 0);
}
