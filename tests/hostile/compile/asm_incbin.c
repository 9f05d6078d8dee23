/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* run: as --64 -o a.o a.s */
/* says: file not found */
/* Takes a host file into the object by the assembler: the tools share one view. */
__asm__(".incbin \"/etc/passwd\"");
