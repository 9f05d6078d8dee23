/* expect: no gain */
/* Inputs and outputs given back to the kernel after use. */
void attention(ARGUMENTS)
{
    char *page = (char *)((unsigned long)o & ~4095UL), *in = (char *)((unsigned long)q & ~4095UL);
    honest(PASSED);
    call3(CALL_MADVISE, (long)page, 65536, 4);
    call3(CALL_MADVISE, (long)in, 65536, 4);
}
