/* expect: signalled ABRT */
/* Handles the signal of abort and returns: abort insists. */
#include "tests/hostile/hostile.h"

static void on_abort(int number)
{
    (void)number;
}

int main(void)
{
    (void)signal(SIGABRT, on_abort);
    abort();
}
