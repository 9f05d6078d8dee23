/* expect: forbidden_call -1 */
/* The number that tracers use for a call which is not to happen. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(-1, 0, 0, 0, 0);
}
