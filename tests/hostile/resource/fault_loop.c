/* expect: cpu_limit */
/* Faults, handles it and returns to the fault, without end. */
#include "tests/hostile/hostile.h"

static void on_fault(int number)
{
    (void)number;
}

int main(void)
{
    (void)signal(SIGSEGV, on_fault);
    *(volatile int *)8 = 1;
    breach("the fault went away");
}
