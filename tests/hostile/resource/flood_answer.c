/* expect: exited 0 */
/* Writes past the end of its answer, which is sealed against growing. */
#include "tests/hostile/hostile.h"

int main(void)
{
    must_fail(lseek(ANSWER, 0, SEEK_END) == SHARED_BYTES ? write(ANSWER, "x", 1) : 0, "grow");
    return errno == EPERM ? 0 : 1;
}
