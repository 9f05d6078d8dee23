/* expect: exited 1 */
/* run: as --64 -o a.o a.s */
/* says: file not found */
/* The same by climbing out of /work. */
.incbin "../etc/passwd"
