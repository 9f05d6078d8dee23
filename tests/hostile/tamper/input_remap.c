/* expect: exited 0 */
/* Doubles the mapping of its input by mremap and makes the twin writable: it inherits the
 * refusal. */
#include "tests/hostile/hostile.h"

int main(void)
{
    unsigned char *at = shared_map(INPUT, PROT_READ);
    if (at == NULL)
        return 1;
    unsigned char *twin = mremap(at, 0, SHARED_BYTES, MREMAP_MAYMOVE);
    if (twin == MAP_FAILED)
        return 0;
    must_fail(mprotect(twin, SHARED_BYTES, PROT_READ | PROT_WRITE), "mprotect of the twin");
    return 0;
}
