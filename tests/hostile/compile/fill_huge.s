/* expect: output_limit | exited 1 */
/* run: as --64 -o a.o a.s */
/* A section of eight gigabytes by one word. */
.data
.fill 1000000000, 8, 1
