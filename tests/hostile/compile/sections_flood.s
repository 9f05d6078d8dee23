/* expect: memory_limit | cpu_limit | output_limit | exited 1 */
/* run: as --64 -o a.o a.s */
/* Sections without end. */
.altmacro
.macro one n
.section s\n, "aw"
.byte 1
.endm
.set i, 0
.rept 1000000
one %i
.set i, i + 1
.endr
