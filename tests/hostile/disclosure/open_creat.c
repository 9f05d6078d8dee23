/* expect: forbidden_call creat */
/* Creates a file to leave a message for the next one. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_creat, (long)"/leak", 0600, 0, 0);
}
