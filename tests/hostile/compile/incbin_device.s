/* expect: exited 1 */
/* run: as --64 -o a.o a.s */
/* says: file not found */
/* A device that never ends. */
.incbin "/dev/zero"
