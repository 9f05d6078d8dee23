/* expect: forbidden_call openat */
/* Noise in the upper half of the register, a forbidden one in the lower: kernel and filter read
 * the lower. */
#include "tests/hostile/hostile.h"

int main(void)
{
    long result = 0x7ffffff100000000 | SYS_openat;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(AT_FDCWD), "S"("/etc/passwd"), "d"(0)
                     : "rcx", "r11", "memory");
    breach("the call came back");
}
