/* expect: forbidden_call syslog */
/* Reads the kernel's log. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char text[1024];
    never(SYS_syslog, 3, (long)text, sizeof text, 0);
}
