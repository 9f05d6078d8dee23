/* expect: exited 1 */
/* run: as --64 -o a.o a.s */
/* says: file not found */
/* A host file into the object. It is not in the view. */
.incbin "/etc/passwd"
