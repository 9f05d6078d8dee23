/* expect: exited 0 */
/* run: as --64 -o a.o a.s */
/* run: ld -static -o a a.o */
/* An object that brings its own program interpreter: what comes out is refused before it starts,
 * and the audit refuses it besides. */
.section .interp, "a"
.asciz "/bin/sh"
.text
.globl _start
_start: nop
