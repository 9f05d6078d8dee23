/* expect: forbidden_call 5000 */
/* A number beyond every table. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(5000, 0, 0, 0, 0);
}
