/* expect: output_limit | exited 1 */
/* run: as --64 -o a.o a.s */
/* A terabyte of zeros between two bytes. */
.data
.byte 1
.skip 1 << 40
.byte 1
