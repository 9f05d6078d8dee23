/* expect: runtime_error|wrong */
/* mremap takes the outputs away and brings them back. */
void attention(ARGUMENTS)
{
    char *page = (char *)((unsigned long)o & ~4095UL);
    honest(PASSED);
    call6(CALL_MREMAP, (long)page, 4096, 8192, 1, 0, 0);
    call3(CALL_MUNMAP, (long)page, 4096, 0);
    o[0] = 0;
}
