/* expect: compile_error */
/* Wants the assembler to pull a host file into the object. */
#include "attention.h"
__asm__(".section .rodata\nstolen: .incbin \"/etc/passwd\"\n.byte 0\n.text\n");
