/* expect: exited 1 | memory_limit | cpu_limit | output_limit | signalled SEGV */
/* run: as --64 -o a.o a.s */
/* A macro that calls itself twice. */
.macro bomb
bomb
bomb
.endm
bomb
