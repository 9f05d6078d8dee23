/* expect: memory_limit | cpu_limit | output_limit | exited 0 | exited 1 */
/* run: cc1 -O3 -o a.s a.c */
/* Constant loops that the optimiser shall unroll in full, nested. */
#pragma GCC optimize("unroll-all-loops", "peel-loops")
int f(int *a)
{
    int s = 0;
    #pragma GCC unroll 1000
    for (int i0 = 0; i0 < 1000; i0++)
        #pragma GCC unroll 1000
        for (int i1 = 0; i1 < 1000; i1++)
            #pragma GCC unroll 1000
            for (int i2 = 0; i2 < 1000; i2++)
                #pragma GCC unroll 1000
                for (int i3 = 0; i3 < 1000; i3++)
                    #pragma GCC unroll 1000
                    for (int i4 = 0; i4 < 1000; i4++)
        s += a[i0 ^ i1 ^ i2 ^ i3 ^ i4];
    return s;
}
