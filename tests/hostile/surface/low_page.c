/* expect: exited 0 */
/* Maps the page at zero, onto which old kernels could be made to jump. */
#include "tests/hostile/hostile.h"

int main(void)
{
    int how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, how, -1, 0) != MAP_FAILED)
        breach("the page at zero");
    return 0;
}
