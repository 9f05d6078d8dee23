/* expect: exited 0 */
/* Advises the kernel to forget the pages of its input: the file keeps them. */
#include "tests/hostile/hostile.h"

int main(void)
{
    unsigned char *at = shared_map(INPUT, PROT_READ);
    if (at == NULL)
        return 1;
    unsigned char first = at[0];
    (void)madvise(at, SHARED_BYTES, MADV_DONTNEED);
    (void)madvise(at, SHARED_BYTES, MADV_FREE);
    return at[0] == first ? 0 : BREACH;
}
