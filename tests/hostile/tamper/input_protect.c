/* expect: exited 0 */
/* Maps its input for reading and makes the mapping writable. */
#include "tests/hostile/hostile.h"

int main(void)
{
    unsigned char *at = shared_map(INPUT, PROT_READ);
    if (at == NULL)
        return 1;
    must_fail(mprotect(at, SHARED_BYTES, PROT_READ | PROT_WRITE), "mprotect");
    return errno == EACCES ? 0 : 1;
}
