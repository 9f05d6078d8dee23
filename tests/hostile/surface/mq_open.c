/* expect: forbidden_call mq_open */
/* Makes a message queue that outlives it. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_mq_open, (long)"/queue", 0102, 0600, 0);
}
