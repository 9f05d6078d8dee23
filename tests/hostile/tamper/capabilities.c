/* expect: forbidden_call capset */
/* Takes every capability. */
#include "tests/hostile/hostile.h"

int main(void)
{
    unsigned header[2] = {0x20080522, 0}, all[6] = {-1U, -1U, -1U, -1U, -1U, -1U};
    never(SYS_capset, (long)header, (long)all, 0, 0);
}
