/* expect: exited 3 */
/* Exits with 3, the number that the command uses for its own failures: set-up failures travel on
 * another channel. */
#include "tests/hostile/hostile.h"

int main(void)
{
    _exit(3);
}
