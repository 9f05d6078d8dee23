/* expect: output_limit */
/* run: as --64 -o a.o a.s */
/* An alignment of two gigabytes, which the file must honour. */
.globl _start
.data
.p2align 31
.byte 1
.text
_start: nop
