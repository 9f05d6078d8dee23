/* expect: exited 137 */
/* Exits with 137, 128 + SIGKILL, as shells tell a kill: set-up failures travel on another
 * channel. */
#include "tests/hostile/hostile.h"

int main(void)
{
    _exit(137);
}
