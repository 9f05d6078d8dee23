/* expect: forbidden_call sendmsg */
/* Sends descriptors. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char message[64] = {0};
    never(SYS_sendmsg, OUTPUT, (long)message, 0, 0);
}
