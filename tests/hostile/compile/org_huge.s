/* expect: output_limit | exited 1 | exited 0 */
/* run: as --64 -o a.o a.s */
/* An origin near the end of the address space. */
.data
.byte 1
.org 0x7ffffffffffffff0
.byte 1
