/* expect: memory_limit | cpu_limit | output_limit | exited 1 | exited 0 */
/* run: as --64 -o a.o a.s */
/* run: ld -static -o a a.o */
/* Relocations without end against a symbol that is not there: an error for each. */
.globl _start
_start:
.rept 1500
call missing
.endr
