/* expect: forbidden_call dup2 */
/* Puts another file in the place of its output. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_dup2, QUESTION, OUTPUT, 0, 0);
}
