/* expect: forbidden_call get_robust_list */
/* Asks for addresses inside its init. */
#include "tests/hostile/hostile.h"

int main(void)
{
    void *head;
    size_t size;
    never(SYS_get_robust_list, 1, (long)&head, (long)&size, 0);
}
