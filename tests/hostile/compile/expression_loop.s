/* expect: exited 1 | exited 0 */
/* run: as --64 -o a.o a.s */
/* Symbols that are defined by each other. */
.set a, b + 1
.set b, a + 1
.quad a
