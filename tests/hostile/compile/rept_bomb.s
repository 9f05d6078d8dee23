/* expect: memory_limit | cpu_limit | output_limit | exited 1 */
/* run: as --64 -o a.o a.s */
/* Repetitions inside repetitions. */
.rept 1000000
.rept 1000000
.byte 1
.endr
.endr
