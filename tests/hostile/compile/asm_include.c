/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* run: as --64 -o a.o a.s */
/* says: can't open */
/* Has the assembler read a host file as its source, and print it. */
__asm__(".include \"/etc/passwd\"");
