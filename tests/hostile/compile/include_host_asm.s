/* expect: exited 1 */
/* run: as --64 -o a.o a.s */
/* says: can't open */
/* A host file as source, whose lines the assembler would print as errors. */
.include "/etc/passwd"
