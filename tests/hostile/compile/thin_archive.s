/* expect: exited 0 */
/* run: as --64 -o a.o a.s */
/* run: ld -static --oformat binary -Ttext 0 -e 0 -o a.a a.o */
/* run: ld -static --whole-archive -o a a.a */
/* An archive that holds nothing but the name of a host file: the linker opens what it names,
 * finds nothing there, and links nothing. */
.text
.ascii "!<thin>\n"
.ascii "//                                              13        `\n"
.ascii "/etc/passwd/\n\n"
.ascii "/0              0           0     0     644     4096      `\n"
