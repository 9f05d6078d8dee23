/* expect: exited 1 */
/* run: as --64 -o a.o @a.s */
/* A source that is read as a file of options: an output over the toolchain, a listing elsewhere. */
-o /usr/include/stdio.h -al=/etc/leak /etc/passwd
