/* expect: exited 0 */
/* Writes into what it may only read. */
#include "tests/hostile/hostile.h"

int main(void)
{
    must_fail(write(INPUT, "x", 1), "write the input");
    must_fail(write(QUESTION, "x", 1), "write the question");
    return errno == EPERM ? 0 : 1;
}
