/* expect: exited 1 */
/* run: as --64 -o a.o a.s */
/* run: ld -static --oformat binary -Ttext 0 -e 0 -o a.a a.o */
/* run: ld -static --whole-archive -o a a.a */
/* An archive whose member is said to be larger than everything. */
.text
.ascii "!<arch>\n"
.ascii "a.o/            0           0     0     644     9999999999`\n"
.byte 0x7f, 0x45, 0x4c, 0x46
