/* expect: exited 0 */
/* Moves, splits, doubles and shrinks its mappings, its code and its thread pointer's page among
 * them; what is executable stays read-only. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char *code = (char *)((uintptr_t)main & ~4095UL);
    char *data = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *twin = mremap(code, 0, 4096, MREMAP_MAYMOVE);
    if (twin != MAP_FAILED && memcmp(twin, code, 4096) != 0)
        breach("another page than its own");
    must_fail((long)mremap(data, 1 << 20, -1UL & ~4095UL, MREMAP_MAYMOVE), "all memory");
    must_fail((long)mremap((void *)0xffffffffff600000, 4096, 8192, MREMAP_MAYMOVE),
              "vsyscall page");
    must_fail((long)mremap(data, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, data + 1), "unaligned");
    (void)mremap(data, 1 << 20, 4096, 0);
    (void)mremap(data, 4096, 4096, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
    return 0;
}
