/* expect: exited 1 */
/* run: as --64 -o a.o a.s */
/* run: ld -static --oformat binary -Ttext 0 -e 0 -o b.o a.o */
/* run: ld -static -o a b.o */
/* Something that begins as an object and is none. */
.text
.byte 0x7f, 0x45, 0x4c, 0x46, 2, 1, 1
.fill 200, 1, 0xff
