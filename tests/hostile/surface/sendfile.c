/* expect: forbidden_call sendfile */
/* Copies between descriptors in the kernel. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_sendfile, OUTPUT, INPUT, 0, 4096);
}
