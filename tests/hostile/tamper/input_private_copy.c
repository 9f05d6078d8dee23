/* expect: exited 0 */
/* Writes into a private copy of its input, which is allowed and changes nothing outside. */
#include "tests/hostile/hostile.h"

int main(void)
{
    unsigned char *at = mmap(NULL, SHARED_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE, INPUT, 0);
    if (at == MAP_FAILED)
        return 1;
    memset(at, 0xff, SHARED_BYTES);
    return 0;
}
