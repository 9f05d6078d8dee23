/* expect: exited 0 */
/* Moves the offsets of its descriptors, which it shares with the runner: the runner reads by
 * offsets of its own. */
#include "tests/hostile/hostile.h"

int main(void)
{
    (void)!write(OUTPUT, "hidden", 6);
    for (int fd = 0; fd < 5; fd++)
        (void)lseek(fd, 1L << 30, SEEK_SET);
    return 0;
}
