/* expect: exited 0 */
/* Enters the kernel with the direction of copies turned round, and with a stack pointer that is
 * none. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static char text[16];
    long result = SYS_getrandom;
    __asm__ volatile(
        "std\n\tmov %%rsp, %%rbx\n\txor %%esp, %%esp\n\tsyscall\n\tmov %%rbx, %%rsp\n\tcld"
        : "+a"(result)
        : "D"(text), "S"(sizeof text), "d"(0)
        : "rbx", "rcx", "r11", "memory");
    return result == sizeof text ? 0 : 1;
}
