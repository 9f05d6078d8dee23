/* expect: exited 0 */
/* Reads its environment, which is empty. */
#include "tests/hostile/hostile.h"

extern char **environ;

int main(void)
{
    return environ[0] == NULL ? 0 : BREACH;
}
