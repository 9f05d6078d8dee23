/* expect: runtime_error|wrong */
/* The inputs mapped once more, this time to write. */
void attention(ARGUMENTS)
{
    float *again = (float *)call6(CALL_MMAP, 0, 65536, 3, 1, 4, 0);
    for (int i = 0; i < 16384; i++)
        again[i] = 0;
    honest(PASSED);
}
