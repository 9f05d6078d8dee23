/* expect: signalled TRAP */
/* Sets the flag that traps after every instruction, over a call into the kernel. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long result = SYS_getpid;
    __asm__ volatile("pushf\n\torl $0x100, (%%rsp)\n\tpopf\n\tsyscall\n\tnop"
                     : "+a"(result)
                     :
                     : "rcx", "r11", "memory");
    breach("it went on");
}
