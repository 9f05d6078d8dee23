/* expect: memory_limit | cpu_limit | output_limit | exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* An initialiser that repeats one element two thousand million times. */
struct pair {
    int a, b;
} y[1 << 30] = {[0 ... (1 << 30) - 1] = {1, 2}};
