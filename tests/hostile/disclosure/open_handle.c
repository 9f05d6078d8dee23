/* expect: forbidden_call open_by_handle_at */
/* Opens a file by its handle, past every path. */
#include "tests/hostile/hostile.h"

int main(void)
{
    unsigned handle[34] = {128};
    never(SYS_open_by_handle_at, OUTPUT, (long)handle, 0, 0);
}
