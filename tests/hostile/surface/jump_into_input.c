/* expect: signalled SEGV */
/* Jumps into its shared input. */
#include "tests/hostile/hostile.h"

int main(void)
{
    void (*run)(void) = (void (*)(void))(uintptr_t)shared_map(INPUT, PROT_READ);
    run();
    breach("it came back");
}
