/* expect: forbidden_call epoll_create1 */
/* Waits for many descriptors. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_epoll_create1, 0, 0, 0, 0);
}
