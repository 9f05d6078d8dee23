/* expect: exited 64 */
/* Exits with 64, the number of a wrong usage: set-up failures travel on another channel. */
#include "tests/hostile/hostile.h"

int main(void)
{
    _exit(64);
}
