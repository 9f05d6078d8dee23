/* expect: output_limit */
/* Writes without end in many pieces at once. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static char piece[1024];
    struct {
        const void *at;
        size_t size;
    } pieces[64];
    for (int i = 0; i < 64; i++) {
        pieces[i].at = piece;
        pieces[i].size = sizeof piece;
    }
    while (syscall(SYS_writev, OUTPUT, pieces, 64) > 0)
        continue;
    return 1;
}
