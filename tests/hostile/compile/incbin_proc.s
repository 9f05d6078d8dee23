/* expect: exited 1 */
/* run: as --64 -o a.o a.s */
/* says: file not found */
/* Its own memory by procfs. */
.incbin "/proc/self/mem"
