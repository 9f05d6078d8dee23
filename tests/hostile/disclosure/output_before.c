/* expect: exited 0 */
/* Reads its outputs before it writes there. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char text[64];
    if (read(OUTPUT, text, sizeof text) > 0 || read(ERRORS, text, sizeof text) > 0)
        breach("somebody wrote before");
    return 0;
}
