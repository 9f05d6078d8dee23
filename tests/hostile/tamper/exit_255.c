/* expect: exited 255 */
/* Exits with 255, the number of a failed set-up elsewhere: set-up failures travel on another
 * channel. */
#include "tests/hostile/hostile.h"

int main(void)
{
    _exit(255);
}
