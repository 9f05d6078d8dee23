/* expect: memory_limit | cpu_limit | output_limit | exited 1 @rlimits */
/* run: cc1 -O1 -o a.s a.c */
/* run: as --64 -o a.o a.s */
/* An array of a gigabyte with a first element: a gigabyte of object. */
char y[1 << 30] = {1};
