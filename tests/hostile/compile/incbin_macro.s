/* expect: exited 1 */
/* run: as --64 -o a.o a.s */
/* says: file not found */
/* A host file by a name that a macro makes. */
.macro take name
.incbin "/etc/\name"
.endm
take passwd
