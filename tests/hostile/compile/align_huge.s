/* expect: output_limit | exited 0 | exited 1 */
/* run: as --64 -o a.o a.s */
/* run: ld -static -o a a.o */
/* An alignment of two gigabytes, which the linker must honour. */
.globl _start
.data
.byte 1
.p2align 31
.byte 1
.text
_start: nop
