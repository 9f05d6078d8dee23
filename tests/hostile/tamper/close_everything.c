/* expect: exited 0 */
/* Closes all its descriptors, the channel of its answer included: it has answered nothing, and
 * nobody else notices. */
#include "tests/hostile/hostile.h"

int main(void)
{
    for (int fd = 0; fd < 64; fd++)
        (void)close(fd);
    return 0;
}
